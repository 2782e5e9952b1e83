"""Each converter on the published files' whole lists of names and shapes.

Tensors of no memory stand for the weights (device ``meta``).
"""

import pytest
import torch
from torch import Tensor

from glipv2.convert.convert import convert, read_shape, revert
from glipv2.convert.files import config_of, shapes_of, weights_of
from glipv2.convert.glip import OFFICIAL, OUR_PREFIXES
from glipv2.convert.unicl import convert_weights
from glipv2.weights.table import releases
from tests.convert.published_keys import Shapes, glip_keys, reader_keys, unicl_keys

SWIN_T = dict(dim=96, depths=(2, 2, 6, 2), heads=(3, 6, 12, 24))
SWIN_B = dict(dim=128, depths=(2, 2, 18, 2), heads=(4, 8, 16, 32))
CLIP = dict(text=512, layers=12, words=49408)
# Size, fusion, names in the file and weights of ours.
GLIPS = {
    'glip_t-a': ('T', False, 542, 534),
    'glip_t': ('T', True, 746, 738),
    'glip_l': ('L', True, 1022, 1014),
}
ALIKE = {
    'glip_t': (
        'glip_t-b', 'glip_t-c', 'glip_t_lvisbest', 'desco_glip_t', 'glip_t',
    ),
    'glip_t-a': ('klite_glip_t-a', 'glip_t-a'),
    'glip_l': ('glip_l_lvisbest', 'glip_l'),
}  # fmt: skip


def empty(keys: Shapes) -> dict[str, Tensor]:
    """Make tensors without memory."""
    return {key: torch.empty(shape, device='meta') for key, shape in keys.items()}


def test_every_release_is_of_one_of_these_forms() -> None:
    """A row that is added needs a list of its names here."""
    rows = releases().values()
    glips = {name for names in ALIKE.values() for name in names}
    assert {row.name for row in rows if row.converter == 'glip'} == glips
    assert {row.name for row in rows if row.converter == 'unicl'} == {
        'unicl_swin_t', 'unicl_swin_b',
    }  # fmt: skip
    assert {row.converter for row in rows} == {'glip', 'unicl'}


@pytest.mark.parametrize('name', GLIPS)
def test_glip(name: str) -> None:
    size, fused, names, ours = GLIPS[name]
    keys = glip_keys(size, fused)
    assert len(keys) == names
    weights = weights_of(dict(model=empty(keys)), 'model')
    shape = read_shape(list(weights), *OFFICIAL.prefixes)
    config = config_of(None, shape, weights[OFFICIAL.width].numel())
    target = shapes_of(config)
    state, unused = convert(weights, OFFICIAL.names(shape), OFFICIAL.ignored, target)
    assert state.keys() == target.keys()
    assert len(state) == ours
    assert len(state) + len(unused) == names
    assert sorted(key.split('.')[1] for key in unused) == (
        ['anchor_generator'] * 5 + ['body'] + ['head'] * 2
    )
    for row in ALIKE[name]:
        assert config.filename.endswith((f'{name}.py', 'glip_t-b.py')), row
        assert releases()[row].config is not None


@pytest.mark.parametrize(('size', 'plain'), [('T', 746), ('L', 1022)], ids='TL')
def test_mq_glip(size: str, plain: int) -> None:
    keys = glip_keys(size, fused=True) | reader_keys()
    assert len(keys) == plain + 6 * 16 + 2 * 11 + 1
    weights = weights_of(dict(model=empty(keys)), 'model')
    shape = read_shape(list(weights), *OFFICIAL.prefixes)
    config = config_of(None, shape, weights[OFFICIAL.width].numel())
    assert config.filename.endswith(f'by_example/mq_glip_{size.lower()}.py')
    names = OFFICIAL.names(shape)
    state, unused = convert(weights, names, OFFICIAL.ignored, shapes_of(config))
    assert len(state) + len(unused) == len(keys)
    back = revert(state, OFFICIAL.names(read_shape(list(state), *OUR_PREFIXES)), unused)
    assert {key: x.shape for key, x in back.items()} == {
        key: x.shape for key, x in weights.items()
    }


@pytest.mark.parametrize(
    ('swin', 'names', 'ours'), [(SWIN_T, 339, 377), (SWIN_B, 513, 545)], ids='TB'
)
@pytest.mark.parametrize('old', [False, True], ids=['new names', 'old names'])
def test_unicl(swin: dict, names: int, ours: int, old: bool) -> None:
    weights = empty(unicl_keys(**swin, **CLIP))
    assert len(weights) == names
    if old:
        weights = {
            key.replace('image_encoder.', 'visual.').replace('text_encoder.', 'text.')
            : value
            for key, value in weights.items()
        }  # fmt: skip
    state, unused = convert_weights(weights)
    assert len(state) == ours
    name = 'text_encoder.model.embeddings.position_embedding.weight'
    assert state[name].shape == (256, 512)
    last = {key.rpartition('.')[2] for key in unused}
    assert last == {
        'attn_mask', 'weight', 'bias', 'text_projection', 'image_projection',
        'logit_scale',
    }  # fmt: skip


def test_what_is_left_over_is_named() -> None:
    weights = empty(unicl_keys(**SWIN_T, **CLIP))
    del weights['text_encoder.ln_final.bias']
    weights['text_encoder.adapter.weight'] = torch.empty(1, device='meta')
    with pytest.raises(ValueError, match=r'does not have: text_encoder\.adapter') as no:
        convert_weights(weights)
    assert 'lacks: text_encoder.model.final_layer_norm.bias' in str(no.value)
    del weights['image_encoder.patch_embed.norm.weight']
    with pytest.raises(ValueError, match=r'no key patch_embed\.norm\.weight'):
        convert_weights(weights)
