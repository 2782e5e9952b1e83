"""Errors in the words of the page."""

from pathlib import Path

import pytest

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.web.messages import on_the_page

# What only programmers know.
ARGUMENTS = ('tokens_positive', 'max_megapixels', 'texts', 'task=', 'max_tokens', '_')


@pytest.mark.parametrize(
    ('asked', 'said'),
    [
        (dict(texts='quickly', task='grounding'), 'write what to look for'),
        (dict(texts='a . b . c .', task='grounding'), 'choose "Detect"'),
        (dict(texts='', task='vqa'), 'write it into the field "Text"'),
        (dict(texts='dog', task='detection', max_megapixels=0.001), 'make it smaller'),
        (dict(texts='why ' * 300, task='vqa'), 'is the most'),
    ],
)
def test_errors_name_no_arguments(
    all_tasks: GLIPv2Inferencer, images: Path, asked: dict, said: str
) -> None:
    try:
        (found,) = all_tasks(str(images / '0.png'), **asked)['predictions']
        message = on_the_page(found['error'])
    except ValueError as error:
        message = on_the_page(str(error))
    assert said in message
    assert not any(word in message for word in ARGUMENTS), message


def test_other_errors_stay() -> None:
    assert on_the_page('image x.png is\n truncated') == 'image x.png is truncated'
