"""Missing and truncated images."""

import io
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from PIL import Image

from glipv2.datasets import LoadImage
from glipv2.datasets.load_image import is_truncated

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
