"""One call for all: forms of inputs and texts, results, bad input."""

import json
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import supervision
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox_overlaps
from PIL import Image
from pycocotools import mask as coco_mask

from glipv2.apis import GLIPv2Inferencer, init_model, predict_entries
from tests.tiny_files import SIZES

NAMES = ('red apple', 'dog', 'key')
SENTENCE = 'a dog near a red apple'


def assert_same(one: dict, other: dict) -> None:
    """Compare two predictions; rounding may differ with the batch."""
    assert one.keys() == other.keys()
    assert one['label_names'] == other['label_names']
    np.testing.assert_allclose(one['scores'], other['scores'], atol=1e-4)
    np.testing.assert_allclose(one['bboxes'], other['bboxes'], atol=1e-2)


def test_prediction_is_ready_for_json(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    found = inferencer(str(images / '0.png'), texts=NAMES, max_per_img=7)
    (prediction,) = json.loads(json.dumps(found['predictions']))
    assert found['visualization'] == []
    assert set(prediction) == {'labels', 'label_names', 'scores', 'bboxes', 'masks'}
    assert all(len(value) == 7 for value in prediction.values())
    for label, name in zip(prediction['labels'], prediction['label_names']):
        assert name == NAMES[label]
    for x1, y1, x2, y2 in prediction['bboxes']:
        assert 0 <= x1 <= x2 <= 96 and 0 <= y1 <= y2 <= 64
    assert coco_mask.decode(prediction['masks'][0]).shape == SIZES[0]


def test_every_form_of_a_image_gives_the_same(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    path = images / '0.png'
    forms = [str(path), path, cv2.imread(str(path)), Image.open(path)]
    whole = inferencer(forms, texts=NAMES)['predictions']
    for other in whole[1:]:
        assert_same(whole[0], other)
    for alone in (*forms, str(images / '0.p*')):
        (found,) = inferencer(alone, texts=NAMES)['predictions']
        assert_same(whole[0], found)


def test_grey_transparent_and_turned_images_are_read(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    image = Image.open(images / '0.png')
    turned = image.getexif()
    turned[0x0112] = 6  # a quarter turn
    image.save(tmp_path / 'turned.png', exif=turned)
    forms = [
        image.convert('L'),
        np.asarray(image.convert('L')),
        np.asarray(image.convert('RGBA')),
        Image.open(tmp_path / 'turned.png'),
        tmp_path / 'turned.png',
    ]
    found = inferencer(forms, texts=NAMES)['predictions']
    assert_same(found[0], found[1])
    assert_same(found[3], found[4])


def test_a_batch_of_mixed_sizes_gives_what_single_calls_give(
    inferencer: GLIPv2Inferencer,
) -> None:
    random = np.random.default_rng(1)
    shapes = random.integers(24, 72, (100, 2))
    images = [random.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
    texts = [NAMES if index % 2 else SENTENCE for index in range(len(images))]
    call = dict(task=None, max_per_img=5)
    together = inferencer(images, texts=texts, batch_size=16, **call)['predictions']
    assert len(together) == 100
    for image, text, found in zip(images, texts, together):
        (alone,) = inferencer(image, texts=text, **call)['predictions']
        assert_same(found, alone)


def test_equals_the_pipeline_of_the_test_script(
    checkpoint: Path, inferencer: GLIPv2Inferencer, images: Path
) -> None:
    model = init_model(checkpoint.with_name('tiny.py'), checkpoint)
    files = sorted(images.glob('*.png'))
    entries = [dict(img_path=str(x), img_id=0, text=NAMES) for x in files]
    expected = predict_entries(model, entries)
    found = inferencer(files, texts=NAMES, batch_size=4, return_datasamples=True)
    for ours, theirs in zip(found['predictions'], expected, strict=True):
        theirs = theirs.pred_instances
        assert ours.pred_instances.label_names == theirs.label_names
        torch.testing.assert_close(ours.pred_instances.bboxes, theirs.bboxes)
        torch.testing.assert_close(ours.pred_instances.scores, theirs.scores)


def test_phrases_point_to_the_sentence_and_to_their_boxes(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    (found,) = inferencer(
        images / '1.png', texts=SENTENCE, task='grounding'
    )['predictions']  # fmt: skip
    assert [x['phrase'] for x in found['phrases']] == ['a dog', 'a red apple']
    boxes = []
    for label, phrase in enumerate(found['phrases']):
        ((start, end),) = phrase['tokens_positive']
        assert found['sentence'][start:end] == phrase['phrase']
        assert {found['labels'][box] for box in phrase['boxes']} <= {label}
        boxes += phrase['boxes']
    assert sorted(boxes) == list(range(len(found['labels'])))


def test_texts_and_spans_may_be_one_per_image(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    files = sorted(images.glob('*.png'))
    texts = ['cat . dog', ('tree', 'key'), SENTENCE, SENTENCE]
    spans = [None, None, [[[2, 5]]], -1]
    found = inferencer(files, texts=texts, tokens_positive=spans)['predictions']
    names = [set(x['label_names']) for x in found]
    assert names[0] <= {'cat', 'dog'}
    assert names[1] <= {'tree', 'key'}
    assert names[2:] == [{'dog'}, {SENTENCE}]
    shared = inferencer(str(images), texts=SENTENCE, tokens_positive=[[[2, 5]]])
    assert all(set(x['label_names']) == {'dog'} for x in shared['predictions'])
    by_folder = inferencer(str(images), texts=texts, tokens_positive=None)
    assert by_folder['predictions'][2]['sentence'] == SENTENCE


def test_names_of_a_data_set(inferencer: GLIPv2Inferencer, images: Path) -> None:
    (found,) = inferencer(
        images / '0.png', texts='$: voc', max_per_img=3
    )['predictions']  # fmt: skip
    assert all(0 <= label < 20 for label in found['labels'])


def test_settings_hold_for_one_call(inferencer: GLIPv2Inferencer, images: Path) -> None:
    path = images / '0.png'
    model = inferencer.model
    before = [str(model.test_cfg), str(model.bbox_head.test_cfg)]

    def count(**settings: object) -> int:
        (found,) = inferencer(path, texts=NAMES, **settings)['predictions']
        return len(found['labels'])

    whole = count()
    assert count(max_per_img=3) == 3
    assert count(nms_thr=0.01) < whole
    (found,) = inferencer(path, texts=NAMES)['predictions']
    middle = sorted(found['scores'])[whole // 2]
    assert count(score_thr=middle) == sum(x >= middle for x in found['scores']) < whole
    assert count(chunked_size=1) > 0
    with pytest.raises(TypeError):
        count(no_such_setting=1)
    assert [str(model.test_cfg), str(model.bbox_head.test_cfg)] == before
    assert count() == whole


def test_a_text_is_encoded_once(inferencer: GLIPv2Inferencer, images: Path) -> None:
    calls = []
    hook = inferencer.model.text_encoder.model.register_forward_hook(
        lambda *_: calls.append(1)
    )
    inferencer(str(images), texts='a new name . another')
    inferencer(str(images), texts='a new name . another')
    hook.remove()
    assert len(calls) == 1


def test_files_and_drawings(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    files = [images / '0.png', tmp_path / 'none.png', images / '1.png']
    found = inferencer(
        files, texts='5$ note . $dog$', out_dir=tmp_path, no_save_pred=False,
        return_vis=True, pred_score_thr=0.0,
    )  # fmt: skip
    assert {x.name for x in (tmp_path / 'vis').iterdir()} == {'0.png', '1.png'}
    saved = json.loads((tmp_path / 'preds' / '1.json').read_text())
    for key, value in found['predictions'][2].items():
        assert saved[key] == value
    assert saved['file_name'] == str(files[2])
    assert (saved['width'], saved['task']) == (64, 'detection')
    first, failed, _ = found['visualization']
    assert failed is None
    assert first.shape == (64, 96, 3)
    original = cv2.imread(str(files[0]))[..., ::-1]
    assert (first != original).any()
    plain = inferencer(files[0], texts='dog', return_vis=True, draw_pred=False)
    np.testing.assert_array_equal(plain['visualization'][0], original)


def test_one_name_per_place(inferencer: GLIPv2Inferencer, images: Path) -> None:
    settings = dict(texts=('dog', 'cat', 'a tree'), nms_thr=1.0)
    (all_,) = inferencer(images / '0.png', **settings)['predictions']
    (best,) = inferencer(images / '0.png', one_name_per_place=True, **settings)[
        'predictions'
    ]
    boxes = torch.tensor(best['bboxes'])
    overlaps = bbox_overlaps(boxes, boxes) - torch.eye(len(boxes))
    assert 0 < len(boxes) < len(all_['bboxes'])
    assert overlaps.max() <= 0.6 + 1e-5
    assert max(best['scores']) == max(all_['scores'])


def test_transformers_form(inferencer: GLIPv2Inferencer, images: Path) -> None:
    path = images / '0.png'
    (found,) = inferencer(path, texts=NAMES, format='hf')['predictions']
    (own,) = inferencer(path, texts=NAMES)['predictions']
    assert [x['score'] for x in found] == sorted(own['scores'], reverse=True)
    for box in found:
        assert set(box) == {'score', 'label', 'box'}
        assert list(box['box']) == ['xmin', 'ymin', 'xmax', 'ymax']
        assert all(isinstance(x, int) for x in box['box'].values())


def test_supervision_takes_the_samples(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    (sample,) = inferencer(
        images / '0.png', texts=NAMES, return_datasamples=True
    )['predictions']  # fmt: skip
    assert isinstance(sample, DetDataSample)
    detections = supervision.Detections.from_mmdetection(sample)
    assert len(detections) == len(sample.pred_instances) > 0
    np.testing.assert_array_equal(detections.xyxy, sample.pred_instances.bboxes)
    assert detections.mask.shape[1:] == SIZES[0]


def test_a_model_by_its_files_or_name(checkpoint: Path, images: Path) -> None:
    files = (checkpoint.with_name('tiny.py'), checkpoint)
    by_files = GLIPv2Inferencer(*files, device='cpu', show_progress=False)
    assert by_files.tasks == ['detection', 'grounding', 'segmentation']
    with pytest.raises(FileNotFoundError, match='glipv2_lite0_minilm_emoji'):
        GLIPv2Inferencer('glipv2_lite0_minilm_emojis', checkpoint)
    with pytest.raises(ValueError, match='of another model'):
        GLIPv2Inferencer('glipv2_lite0_minilm_emoji', checkpoint, device='cpu')
    with pytest.raises(FileNotFoundError, match='there is no checkpoint .*none.pth'):
        GLIPv2Inferencer(weights=checkpoint.with_name('none.pth'))


@pytest.mark.parametrize(
    ('call', 'message'),
    [
        (dict(texts='dog', task='find'), "unknown task 'find'; there are detection"),
        (dict(texts='what?', task='vqa'), 'lacks; it can do detection, grounding, seg'),
        (dict(), "'detection' needs a text"),
        (dict(texts=' . '), 'the text is empty'),
        (dict(texts=()), 'class names is empty'),
        (dict(texts=('dog', '')), 'name 1'),
        (dict(texts='$: nothing'), 'nothing is no data set'),
        (dict(texts=('dog', 'cat'), task='grounding'), 'a list of 2 names'),
        (dict(texts='dog . cat', task='grounding'), 'a list of 2 names'),
        (dict(texts='a dog', tokens_positive=-1, task='detection'), "task='grounding'"),
        (dict(texts='a dog', tokens_positive=[[[2, 9]]]), r'span \[2, 9\]'),
        (dict(texts=['a', 'b']), 'there are 2 for 1 inputs; names for all'),
        (dict(texts='dog', format='xml'), "unknown format 'xml'"),
        (dict(texts='dog', batch_size=0), 'batch_size must be at least 1'),
    ],
)
def test_what_cannot_be_done_at_all_is_one_line(
    inferencer: GLIPv2Inferencer, images: Path, call: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        inferencer(images / '0.png', **call)
    assert '\n' not in str(caught.value)


def test_the_rest_of_a_batch_goes_on(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    good = images / '0.png'
    (tmp_path / 'cut.png').write_bytes(good.read_bytes()[:100])
    (tmp_path / 'empty').mkdir()
    Image.new('1', (10000, 10000)).save(tmp_path / 'huge.png')
    long_name = 'dog ' * 100
    cases = {
        good: ('dog', None),
        tmp_path / 'none.png': ('dog', 'none.png does not exist'),
        images / 'notes.txt': ('dog', 'notes.txt cannot be read: it is no image'),
        tmp_path / 'cut.png': ('dog', 'cut.png is truncated'),
        tmp_path / 'empty': ('dog', 'empty holds no image'),
        str(tmp_path / '*.gif'): ('dog', 'no file matches'),
        tmp_path / 'huge.png': ('dog', '10000 x 10000 = 100 megapixels'),
        images / '1.png': ((long_name,), 'tokens'),
        images / '2.png': (7, 'the text must be a string'),
    }
    inputs = [*cases, np.zeros((4, 4)), 12, good]
    texts = [text for text, _ in cases.values()] + ['dog'] * 3
    found = inferencer(inputs, texts=texts, batch_size=4)['predictions']
    assert len(found) == len(inputs)
    messages = [message for _, message in cases.values()]
    messages += ['uint8 in BGR', 'but it is int', None]
    for prediction, message in zip(found, messages):
        if message is None:
            assert_same(prediction, found[0])
        else:
            assert message in prediction['error']
            assert '\n' not in prediction['error']


def test_a_folder_without_images(inferencer: GLIPv2Inferencer, tmp_path: Path) -> None:
    for inputs, message in ((tmp_path, 'holds no image'), ([], 'inputs is empty')):
        with pytest.raises(ValueError, match=message):
            inferencer(inputs, texts='dog')


def test_files_of_one_name_in_two_folders_do_not_meet(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    (tmp_path / '0.jpg').write_bytes((images / '0.png').read_bytes())
    inferencer([tmp_path / '0.jpg', images / '0.png'], texts='dog', out_dir=tmp_path)
    assert len(list((tmp_path / 'vis').iterdir())) == 2


def test_narrow_images_do_not_lose_the_others(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    sizes = ((1, 900), (900, 1), (2, 2000))
    narrow = [np.full((*size, 3), 9, np.uint8) for size in sizes]
    good = images / '0.png'
    found = inferencer([good, *narrow, good], texts='dog', batch_size=2)['predictions']
    assert not [x['error'] for x in found if 'error' in x]
    assert_same(found[0], found[-1])


def test_any_error_of_a_transform_stays_with_its_image(
    checkpoint: Path, images: Path
) -> None:
    own = GLIPv2Inferencer(weights=checkpoint, device='cpu', show_progress=False)
    errors = iter((cv2.error('a\nb'), SyntaxError('c'), struct.error(), MemoryError()))
    pipeline = own.pipeline

    def failing(results: dict) -> dict:
        if results['img_id'] % 2:
            raise next(errors)
        return pipeline(results)

    own.pipeline = failing
    found = own([images / '0.png'] * 8, texts='dog', batch_size=3)['predictions']
    messages = [x['error'] for x in found[1::2]]
    assert messages == ['error: a b', 'SyntaxError: c', 'error', 'MemoryError']
    for good in found[2::2]:
        assert_same(found[0], good)


def test_a_name_without_an_ending_is_drawn_as_png(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    (tmp_path / 'photo').write_bytes((images / '0.png').read_bytes())
    inferencer(tmp_path / 'photo', texts='dog', out_dir=tmp_path / 'out')
    assert Image.open(tmp_path / 'out' / 'vis' / 'photo.png').size == (96, 64)
