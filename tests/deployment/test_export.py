"""Exported files equal the model: any size, chunks, masks, presence, 300 found."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from glipv2.benchmarks.export_equality import (
    LARGEST_MASK,
    image_of,
    mask_difference,
    predict,
)
from glipv2.deployment import ExportedModel, ExportOptions, export_detector
from glipv2.deployment.export import ENDINGS
from glipv2.deployment.exportable import make_exportable
from glipv2.text.prompt import prompt_from_names
from tests.deployment.comparison import (
    CONFIG,
    MASK_HEAD,
    PRESENCE_HEAD,
    assert_equal,
    random_model,
)
from tests.integration.test_padding import Cells, build_model

NAMES = ('dog', 'hot dog', 'Red_Apple', 'cart', 'traffic cone (orange)')
TEST_CFG = dict(
    nms_pre=400, min_bbox_size=2, score_thr=0.0, max_per_img=300, chunked_size=3,
    nms=dict(type='nms', iou_threshold=0.6),
)  # fmt: skip
SIZES = (
    (64, 96), (33, 40), (50, 200), (200, 50), (65, 64), (96, 96), (127, 90), (160, 224),
    (100, 101), (34, 320),
)  # fmt: skip
FIXED = (64, 96)
BLOCKED = ('glipv2', 'mmdet', 'mmcv', 'mmengine', 'transformers')


@pytest.fixture(scope='module')
def model() -> nn.Module:
    heads = dict(mask_head=MASK_HEAD, presence_head=PRESENCE_HEAD)
    return random_model(**heads, test_cfg=TEST_CFG)


@pytest.fixture(scope='module', params=['onnx', 'torch', 'openvino'])
def exported(
    request: pytest.FixtureRequest,
    model: nn.Module,
    tmp_path_factory: pytest.TempPathFactory,
) -> ExportedModel:
    """Export for any size: two prompts, masks."""
    path = tmp_path_factory.mktemp('exported') / f'model{ENDINGS[request.param]}'
    export_detector(model, CONFIG, path, NAMES, ExportOptions(request.param))
    loaded = ExportedModel(path, trust_code=True)
    loaded.path = path
    return loaded


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_images_of_any_size(
    exported: ExportedModel, model: nn.Module, size: tuple[int, int]
) -> None:
    found = assert_equal(exported, model, image_of(size, sum(size)))
    assert len(found['scores']) > 0
    assert len(exported.description['prompts']) == 2


def test_a_model_without_a_neck(tmp_path: Path) -> None:
    model, file = build_model(Cells()), tmp_path / 'm.pt2'
    export_detector(model, CONFIG, file, ['dog', 'car'], ExportOptions('torch', FIXED))
    assert_equal(ExportedModel(file, trust_code=True), model, image_of(FIXED))


def test_three_hundred_are_found(exported: ExportedModel, model: nn.Module) -> None:
    found = assert_equal(exported, model, image_of((160, 224)))
    assert found['bboxes'].shape == (300, 4)
    assert set(found['labels']) == set(range(len(NAMES)))


def test_nothing_is_found(exported: ExportedModel, model: nn.Module) -> None:
    # In so small an original all boxes are below min_bbox_size.
    found = assert_equal(exported, model, image_of((64, 96)), (100, 100))
    assert found['bboxes'].shape == (0, 4)
    assert found['labels'].shape == found['scores'].shape == (0,)
    assert found['mask_probs'].shape == (0, 28, 28)


def test_boxes_are_of_the_original_image(
    exported: ExportedModel, model: nn.Module
) -> None:
    found = assert_equal(exported, model, image_of((64, 96)), (0.25, 0.5))
    assert found['bboxes'][:, 2].max() > 2 * 96


def test_an_image_below_the_stride(exported: ExportedModel) -> None:
    with pytest.raises(ValueError, match='15x96 .* is too small; .* need 17 or more'):
        exported(image_of((15, 96)))


def test_masks(exported: ExportedModel, model: nn.Module) -> None:
    for size in ((64, 96), (127, 90)):
        image = image_of(size)
        eager = predict(model, image, NAMES)
        assert 0.05 < eager['masks'].mean() < 0.95
        assert mask_difference(model, exported(image), eager) < LARGEST_MASK


def test_the_torch_program_runs_without_the_project(
    exported: ExportedModel, tmp_path: Path
) -> None:
    if exported.path.suffix != '.pt2':
        pytest.skip('an ONNX file is run in an environment of its own')
    image = image_of((70, 80))
    np.save(tmp_path / 'image.npy', image)
    code = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {BLOCKED}:
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
import json, numpy, torch
files = dict(glipv2='')
program = torch.export.load({str(exported.path)!r}, extra_files=files).module()
image = torch.from_numpy(numpy.load({str(tmp_path / 'image.npy')!r}))
with torch.no_grad():
    boxes, scores, labels, masks = program(image, torch.ones(2))
numpy.save({str(tmp_path / 'boxes.npy')!r}, boxes)
print(json.loads(files['glipv2'])['names'][labels[0]])
"""
    ran = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    found = exported(image)
    assert ran.stdout.strip() == NAMES[found['labels'][0]]
    np.testing.assert_allclose(np.load(tmp_path / 'boxes.npy'), found['bboxes'])


@pytest.fixture(scope='module')
def plain() -> nn.Module:
    return random_model(test_cfg=TEST_CFG)


def test_a_fixed_size_without_pre_and_postprocessing(
    plain: nn.Module, tmp_path: Path
) -> None:
    options = ExportOptions('torch', FIXED, preprocess=False, postprocess=False)
    export_detector(plain, CONFIG, tmp_path / 'raw.pt2', NAMES[:2], options)
    exported = ExportedModel(tmp_path / 'raw.pt2', trust_code=True)
    image = np.random.default_rng(0).normal(size=(1, 3, *FIXED)).astype(np.float32)
    found = exported(image)
    with pytest.raises(ValueError, match='for 64x96 only, not for an image of 32x96'):
        exported(image[:, :, :32])
    with torch.no_grad():
        words, _ = plain.text_encoder.encode([prompt_from_names(NAMES[:2])])
        pyramid = plain.extract_feat(torch.from_numpy(image))
        out = plain.bbox_head(*plain.fusion_neck(pyramid, words, None))
    for key, value in (
        ('logits', out.logits),
        ('box_deltas', out.boxes),
        ('centerness', out.centerness),
    ):
        np.testing.assert_allclose(found[key], value.numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('option', ['half', 'int8'])
def test_smaller_weights(plain: nn.Module, tmp_path: Path, option: str) -> None:
    path = tmp_path / 'small.onnx'
    options = ExportOptions(size=FIXED, **{option: True})
    export_detector(plain, CONFIG, path, NAMES[:2], options)
    exported, proto = ExportedModel(path, trust_code=True), onnx.load(path)
    kinds = {node.op_type for node in proto.graph.node}
    types = [x.data_type for x in proto.graph.initializer]
    if option == 'half':
        assert types.count(onnx.TensorProto.FLOAT16) > 50
    else:
        assert {'DynamicQuantizeLinear', 'MatMulInteger'} <= kinds
        assert onnx.TensorProto.INT8 in types
    image = image_of(FIXED)
    found, eager = exported(image), predict(plain, image, NAMES[:2])
    assert abs(len(found['scores']) - len(eager['scores'])) < 10
    assert np.abs(found['scores'][:50] - eager['scores'][:50]).max() < 0.01


def test_late_fusion_and_a_sentence(tmp_path: Path) -> None:
    model = random_model(fusion_neck=None, test_cfg=TEST_CFG)
    path = tmp_path / 'late.onnx'
    text = 'a dog and a red car'
    options = ExportOptions(size=FIXED)
    spans = [[[2, 5]], [[12, 19]]]
    written = export_detector(model, CONFIG, path, text, options, tokens_positive=spans)
    assert written.names == ('dog', 'red car')
    found = ExportedModel(path, trust_code=True)(image_of(FIXED))
    assert set(found['labels']) == {0, 1}


def test_the_model_stays_as_it_is(plain: nn.Module) -> None:
    before = predict(plain, image_of(FIXED), NAMES)
    copy = make_exportable(plain)
    assert not any(p.requires_grad for p in copy.parameters())
    assert all(p.requires_grad for p in plain.fusion_neck.parameters())
    after = predict(plain, image_of(FIXED), NAMES)
    np.testing.assert_array_equal(before['scores'], after['scores'])


def test_what_a_file_says_of_itself(exported: ExportedModel) -> None:
    description = exported.description
    assert description['names'] == list(NAMES)
    assert description['size'] is None
    assert description['min_size'] == 17
    assert description['resize'] == dict(
        scale=[96, 64], keep_ratio=True, backend='cv2', rounding='nearest'
    )
    if exported.path.suffix == '.onnx':
        proto = onnx.load(exported.path)
        onnx.checker.check_model(proto, full_check=True)
        assert json.loads(proto.metadata_props[0].value) == description
        sides = [x.dim_param for x in proto.graph.input[0].type.tensor_type.shape.dim]
        assert sides == ['height', 'width', '']
