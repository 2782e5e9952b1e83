"""Missing and truncated images."""

import io
import logging
import os
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from PIL import Image
from torch.utils.data import DataLoader

from glipv2.datasets import LoadImage
from glipv2.datasets.bad_items import WINDOW, ShareOfBad
from glipv2.datasets.images.whole_image import is_truncated, with_its_end

FORMATS = {
    'jpg': {'format': 'JPEG'},
    'progressive.jpg': {'format': 'JPEG', 'progressive': True},
    'png': {'format': 'PNG'},
    'webp': {'format': 'WEBP'},
    'bmp': {'format': 'BMP'},
}


def encode(options: dict, thumbnail: bool = False) -> bytes:
    """Encode a small image, if wanted with a whole JPEG inside its header."""
    noise = np.random.RandomState(0).randint(0, 255, (40, 60, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    buffer = io.BytesIO()
    more = {}
    if thumbnail:
        more['exif'] = b'Exif\x00\x00' + encode({'format': 'JPEG'})
    image.save(buffer, **options, **more)
    return buffer.getvalue()


@pytest.mark.parametrize('suffix', FORMATS)
def test_whole_images_are_read_as_mmcv_reads_them(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'whole.{suffix}'
    path.write_bytes(encode(FORMATS[suffix]))
    ours = LoadImage()({'img_path': str(path)})
    mmcvs = LoadImageFromFile()({'img_path': str(path)})
    assert np.array_equal(ours['img'], mmcvs['img'])
    assert ours['img_shape'] == ours['ori_shape'] == (40, 60)
    as_float = LoadImage(to_float32=True)({'img_path': str(path)})['img']
    assert as_float.dtype == np.float32


@pytest.mark.parametrize('suffix', ['jpg', 'progressive.jpg', 'png', 'webp'])
def test_every_truncation_is_noticed(suffix: str) -> None:
    whole = encode(FORMATS[suffix])
    assert not is_truncated(whole)
    assert not is_truncated(whole + b'\x00' * 7)
    for length in [*range(12, len(whole), 97), len(whole) - 1]:
        assert is_truncated(whole[:length]), length


def test_a_thumbnails_end_is_not_the_images_end() -> None:
    whole = encode(FORMATS['jpg'], thumbnail=True)
    assert whole.count(b'\xff\xd9') == 2
    assert not is_truncated(whole)
    assert is_truncated(whole[:-10])


@pytest.mark.parametrize('backend', ['cv2', 'pillow'])
def test_a_truncated_image_is_named(backend: str, tmp_path: Path) -> None:
    path = tmp_path / 'cut.jpg'
    path.write_bytes(encode(FORMATS['jpg'])[:-400])
    # Read by its path, OpenCV fills the rest of this file with grey.
    assert cv2.imread(str(path)).shape == (40, 60, 3)
    with pytest.raises(OSError, match=r'cut\.jpg is truncated'):
        LoadImage(imdecode_backend=backend)({'img_path': str(path)})


def test_missing_and_senseless_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'nowhere\.jpg does not exist'):
        LoadImage()({'img_path': str(tmp_path / 'nowhere.jpg')})
    for content, message in ((b'', 'truncated'), (b'hello' * 50, 'no image')):
        path = tmp_path / 'odd.jpg'
        path.write_bytes(content)
        with pytest.raises(OSError, match=rf'odd\.jpg .*{message}'):
            LoadImage()({'img_path': str(path)})


def test_broken_images_are_skipped_and_counted_on_demand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cut = tmp_path / 'cut.jpg'
    cut.write_bytes(encode(FORMATS['jpg'])[:-400])
    transform = LoadImage(on_bad='skip')
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert transform({'img_path': str(cut)}) is None
        assert transform({'img_path': str(tmp_path / 'nowhere.jpg')}) is None
    assert transform.num_skipped == 4
    assert len(transform._logged) == 2


@pytest.mark.parametrize('cut', [1, 2])
@pytest.mark.parametrize('backend', ['cv2', 'pillow'])
def test_a_jpeg_that_lacks_only_its_end_mark_is_used(
    backend: str, cut: int, tmp_path: Path
) -> None:
    whole, bare = tmp_path / 'whole.jpg', tmp_path / 'bare.jpg'
    whole.write_bytes(encode(FORMATS['jpg']))
    bare.write_bytes(encode(FORMATS['jpg'])[:-cut])
    load = LoadImage(imdecode_backend=backend)
    found = load({'img_path': str(bare)})['img']
    assert load._logged == {str(bare)}
    np.testing.assert_array_equal(found, load({'img_path': str(whole)})['img'])


def test_a_png_that_lacks_only_its_end_is_used(tmp_path: Path) -> None:
    whole = encode(FORMATS['png'])
    (tmp_path / 'bare.png').write_bytes(whole[:-12])
    for backend in ('cv2', 'pillow'):
        load = LoadImage(imdecode_backend=backend)
        assert load({'img_path': str(tmp_path / 'bare.png')})['img'].shape[:2] == (
            40,
            60,
        )


@pytest.mark.parametrize('suffix', ['jpg', 'progressive.jpg', 'png', 'webp'])
def test_missing_pixels_are_never_completed(suffix: str) -> None:
    whole = encode(FORMATS[suffix])
    last = 12 if suffix == 'png' else 2
    for length in [*range(12, len(whole) - last - 8, 211), len(whole) - last - 8]:
        assert with_its_end(whole[:length]) is None, length
    assert with_its_end(whole) is whole


def test_bytes_between_the_segments_of_a_jpeg_are_passed_over() -> None:
    whole = encode(FORMATS['jpg'])
    assert not is_truncated(whole[:2] + b'\x00\x01\xff\xff' + whole[2:])


def test_folders_pipes_and_senseless_names_are_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe.jpg')
    (tmp_path / 'folder.jpg').mkdir()
    (tmp_path / 'file').write_bytes(b'a')
    names = {
        'pipe.jpg': 'no regular file', 'folder.jpg': 'a folder', 'a\0b': 'null',
        'x' * 300: 'too long', 'file/a.jpg': 'file/a.jpg',
    }  # fmt: skip
    for name, message in names.items():
        with pytest.raises(OSError, match=message) as caught:
            LoadImage()({'img_path': str(tmp_path / name)})
        assert str(caught.value).startswith('the image ')


@pytest.mark.parametrize(
    ('stated', 'box', 'is_refused'),
    [
        ((40, 60), [5, 5, 9, 9], False),
        ((None, None), [5, 5, 9, 9], False),
        ((80, 120), [5, 5, 9, 9], True),
        ((60, 40), [5, 5, 9, 9], False),  # turned by EXIF, as is usual
        ((60, 40), [5, 45, 9, 49], True),  # but the box is not
    ],
)
def test_boxes_of_another_frame_are_refused(
    stated: tuple, box: list, is_refused: bool, tmp_path: Path
) -> None:
    (tmp_path / 'a.png').write_bytes(encode(FORMATS['png']))
    sample = dict(img_path=str(tmp_path / 'a.png'), instances=[dict(bbox=box)])
    sample.update(height=stated[0], width=stated[1])
    skipping = LoadImage(on_bad='skip')
    assert (skipping(dict(sample)) is None) == is_refused
    assert skipping.num_skipped == is_refused
    message = r'a\.png is 60 x 40, but the annotation file says'
    for use in (LoadImage(), LoadImage().check):
        with pytest.raises(OSError, match=message) if is_refused else nullcontext():
            use(dict(sample))


class Many(list):
    """Samples that a ``DataLoader`` reads."""

    def __init__(self, load: LoadImage, paths: list[str]) -> None:
        super().__init__(paths)
        self.load = load

    def __getitem__(self, index: int) -> bool:
        return self.load({'img_path': super().__getitem__(index)}) is not None


@pytest.mark.parametrize('start', ['fork', 'spawn'])
def test_skips_in_workers_are_counted_by_the_main_process(
    start: str, tmp_path: Path
) -> None:
    load = LoadImage(on_bad='skip')
    many = Many(load, [str(tmp_path / f'{x}.jpg') for x in range(6)])
    read = DataLoader(many, num_workers=2, multiprocessing_context=start)
    assert not any(list(read))
    assert load.num_skipped == 6


def test_a_missing_folder_stops_the_run_soon(tmp_path: Path) -> None:
    load = LoadImage(on_bad='skip')
    with pytest.raises(OSError, match='101 of the last 101 images .*mounted.*jpg'):
        for number in range(WINDOW):
            load({'img_path': str(tmp_path / 'none' / f'{number}.jpg')})
    assert load.num_skipped == 100
    never = LoadImage(on_bad='skip', max_bad_share=1)
    for _ in range(150):
        assert never({'img_path': str(tmp_path / 'none.jpg')}) is None


def test_one_percent_of_bad_images_is_borne() -> None:
    share = ShareOfBad(0.01)
    assert not any(share.add(number % 100 == 0) for number in range(3 * WINDOW))
    assert any(share.add(number % 50 == 0) for number in range(WINDOW))
