"""Configs in checkpoints: read as data, never run."""

import math

import pytest
from mmengine.config import Config

from glipv2.checkpoint.config import config_of

CONFIG = dict(
    model=dict(
        type='GLIPv2',
        ratios=[0.5, -1.0],
        sizes=((1, 2), (3,)),
        none=None,
        keys={'a.b': dict(lr=1e-4), 'c': [dict(x=True), 'text']},
        limits=dict(most=math.inf, least=-math.inf),
        empty=dict(),
    ),
)
DROPPED = dict(custom_hooks=[dict(type='os.system')], work_dir='/somewhere')


def test_reads_what_mmengine_writes() -> None:
    text = Config({**CONFIG, **DROPPED}).pretty_text
    expected = Config.fromstring(text.replace('inf', '1e400'), '.py')
    for checkpoint in (
        dict(meta=dict(cfg=text)),
        dict(message_hub=dict(runtime_info=dict(cfg=text)), meta=dict()),
    ):
        found = config_of(checkpoint, 'x.pth').to_dict()
        assert found == CONFIG
        assert {**found, **DROPPED} == expected.to_dict()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('import os', 'line 1 is no assignment'),
        ('a = 1\nb = dict(c=open("x"))', 'line 2 calls open'),
        ('a = [x for x in (1, 2)]', 'malformed'),
        ('a = ', 'invalid syntax'),
    ],
)
def test_refuses_code(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f'config in x.pth is refused: .*{message}'):
        config_of(dict(meta=dict(cfg=text)), 'x.pth')


def test_says_when_there_is_none() -> None:
    with pytest.raises(ValueError, match=r'x\.pth carries no config'):
        config_of(dict(meta=dict()), 'x.pth')
