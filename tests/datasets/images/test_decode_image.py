"""One image in every form gives the same pixels, or one line."""

import io
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from glipv2.apis.images import GivenImage, read_image
from glipv2.datasets import LoadImage
from glipv2.datasets.images.decode_image import decode_image

GREY = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
RGB = np.stack([GREY, GREY[::-1], 255 - GREY], -1)
COLOURED = Image.fromarray(RGB)
TURN = 0x0112  # the orientation's tag of EXIF


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """Encode an image of Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def written(ending: str, array: np.ndarray) -> bytes:
    """Encode an array with OpenCV."""
    return cv2.imencode(ending, array)[1].tobytes()


def turned(format: str) -> bytes:
    """Encode the image lying on its side, with EXIF data that say so."""
    exif = Image.Exif()
    exif[TURN] = 6
    lying = COLOURED.transpose(Image.Transpose.ROTATE_90)
    options = {} if format in ('PNG', 'TIFF') else dict(quality=100)
    return saved(lying, format, exif=exif, **options)


SIXTEEN = GREY.astype(np.uint16) * 257
FRAMES = dict(save_all=True, append_images=[COLOURED.rotate(180)])
HALF_CLEAR = COLOURED.copy()
HALF_CLEAR.putalpha(Image.fromarray(GREY))
GREY_FORMS = {
    '8 bits': saved(Image.fromarray(GREY), 'PNG'),
    '16 bits, PNG': saved(Image.fromarray(SIXTEEN), 'PNG'),
    '16 bits, TIFF': saved(Image.fromarray(SIXTEEN), 'TIFF'),
    '16 bits, TIFF, high byte first': saved(
        Image.frombytes('I;16B', (64, 48), SIXTEEN.astype('>u2').tobytes()), 'TIFF'
    ),
    '16 bits, PGM': written('.pgm', SIXTEEN),
    '16 bits, JPEG 2000': written('.jp2', SIXTEEN),
    '16 bits in 32': saved(Image.fromarray(SIXTEEN.astype(np.int32)), 'TIFF'),
    '8 bits in 32': saved(Image.fromarray(GREY.astype(np.int32)), 'TIFF'),
    'float to 255': saved(Image.fromarray(GREY.astype(np.float32)), 'TIFF'),
    'float to 1': saved(Image.fromarray(GREY.astype(np.float32) / 255), 'TIFF'),
    'alpha': saved(Image.merge('LA', [Image.fromarray(GREY)] * 2), 'PNG'),
}
WHITE_TO_BLACK = written('.jp2', RGB[..., ::-1].astype(np.uint16) * 257)
COLOURED_FORMS = {
    'PNG': saved(COLOURED, 'PNG'),
    'BMP': saved(COLOURED, 'BMP'),
    'TIFF': saved(COLOURED, 'TIFF', compression='tiff_lzw'),
    'WebP': saved(COLOURED, 'WEBP', lossless=True),
    'animated WebP': saved(COLOURED, 'WEBP', lossless=True, **FRAMES),
    'animated PNG': saved(COLOURED, 'PNG', **FRAMES),
    'JPEG 2000': saved(COLOURED, 'JPEG2000'),
    'PPM': saved(COLOURED, 'PPM'),
    '16 bits, PNG': written('.png', RGB[..., ::-1].astype(np.uint16) * 257),
    '16 bits, TIFF': written('.tif', RGB[..., ::-1].astype(np.uint16) * 257),
    '16 bits, JPEG 2000': WHITE_TO_BLACK,
    'transparent PNG': saved(HALF_CLEAR, 'PNG'),
    'transparent WebP': saved(HALF_CLEAR, 'WEBP', lossless=True, exact=True),
    'CMYK TIFF': saved(COLOURED.convert('CMYK'), 'TIFF'),
    'turned PNG': turned('PNG'),
    'turned TIFF': turned('TIFF'),
}
LOSSY_FORMS = {
    'JPEG': saved(COLOURED, 'JPEG', quality=100),
    'CMYK JPEG': saved(COLOURED.convert('CMYK'), 'JPEG', quality=100),
    'GIF': saved(COLOURED, 'GIF', **FRAMES),
    'palette': saved(COLOURED.quantize(256), 'PNG', transparency=3),
    'AVIF': saved(COLOURED, 'AVIF', quality=100),
    'turned JPEG': turned('JPEG'),
    'turned WebP': turned('WEBP'),
    'turned AVIF': turned('AVIF'),
}


def all_ways(content: bytes, folder: Path) -> list[np.ndarray]:
    """Read an image by both backends, as a file of the inferencer, and as PIL's."""
    path = folder / 'shot.of.yesterday'  # the name says nothing
    path.write_bytes(content)
    loaders = [LoadImage(imdecode_backend=name) for name in ('cv2', 'pillow')]
    found = [load(dict(img_path=str(path)))['img'] for load in loaders]
    given = [GivenImage('x', path), GivenImage('x', Image.open(path))]
    if content == WHITE_TO_BLACK:
        given.pop()  # Pillow's object has the fault already
    return found + [read_image(each, loaders[0], 80)['img'] for each in given]


@pytest.mark.parametrize('form', GREY_FORMS)
def test_grey_is_scaled_and_not_clipped(form: str, tmp_path: Path) -> None:
    for found in all_ways(GREY_FORMS[form], tmp_path):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, np.stack([GREY] * 3, -1))


@pytest.mark.parametrize('form', COLOURED_FORMS)
def test_colours_are_the_same(form: str, tmp_path: Path) -> None:
    for found in all_ways(COLOURED_FORMS[form], tmp_path):
        np.testing.assert_array_equal(found, RGB[..., ::-1])


@pytest.mark.parametrize('form', LOSSY_FORMS)
def test_lossy_colours_are_nearly_the_same(form: str, tmp_path: Path) -> None:
    first, *others = all_ways(LOSSY_FORMS[form], tmp_path)
    assert first.shape == RGB.shape
    assert np.abs(first.astype(int) - RGB[..., ::-1]).mean() < 12
    for found in others:
        assert np.abs(first.astype(int) - found).max() <= 3


def test_black_and_white(tmp_path: Path) -> None:
    lines = Image.fromarray(GREY > 99)
    assert lines.mode == '1'
    for found in all_ways(saved(lines, 'TIFF', compression='group4'), tmp_path):
        np.testing.assert_array_equal(found[..., 0], (GREY > 99) * 255)


@pytest.mark.parametrize('backend', ['cv2', 'pillow'])
@pytest.mark.parametrize('mode', ['L', 'RGB'])
def test_ordinary_jpegs_are_the_backends_own(backend: str, mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    content = saved(Image.fromarray(noise).convert(mode), 'JPEG')
    if backend == 'cv2':
        expected = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    else:
        expected = np.asarray(Image.open(io.BytesIO(content)).convert('RGB'))[..., ::-1]
    np.testing.assert_array_equal(decode_image(content, backend), expected)


@pytest.mark.parametrize(
    'mode', ['P', 'PA', 'LA', 'RGBA', 'RGBa', 'RGBX', 'CMYK', 'YCbCr', 'HSV']
)
def test_pillows_modes(mode: str) -> None:
    source = HALF_CLEAR if mode in ('RGBA', 'RGBa') else COLOURED
    given = (
        source.convert('RGBA').convert(mode) if mode != 'PA' else source.convert('P')
    )
    given = given.convert('PA') if mode == 'PA' else given
    found = read_image(GivenImage('x', given), LoadImage(), 80)['img']
    assert found.shape == RGB.shape and found.dtype == np.uint8


NO_BRIGHTNESS = {
    'HDR': written('.hdr', RGB.astype(np.float32) / 255),
    'EXR': b'v/1\x01\x02\0\0\0channels\0' + bytes(200),
    'PFM': written('.pfm', RGB.astype(np.float32)),
    'float TIFF of three': written('.tif', RGB.astype(np.float32) / 255),
    'negative': saved(Image.fromarray(GREY.astype(np.float32) - 9), 'TIFF'),
    'not finite': saved(Image.fromarray(np.full((4, 4), np.nan, np.float32)), 'TIFF'),
    'text': b'hello ' * 50,
    'EPS': b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n',
    'WebP of one chunk': b'RIFF\x10\0\0\0WEBPVP8 \4\0\0\0abcd',
    'GIF without a frame': b'GIF89a\x10\0\x10\0\0\0\0;',
    'TIFF without entries': b'II*\0\x08\0\0\0\0\0\0\0\0\0',
    'PNG of noise': saved(COLOURED, 'PNG')[:60]
    + bytes(500)
    + b'\0\0\0\0IEND\xaeB`\x82',
}


@pytest.mark.parametrize('backend', ['cv2', 'pillow'])
@pytest.mark.parametrize('form', NO_BRIGHTNESS)
def test_the_rest_is_one_line(form: str, backend: str, tmp_path: Path) -> None:
    path = tmp_path / 'odd.png'
    path.write_bytes(NO_BRIGHTNESS[form])
    with pytest.raises(OSError, match=r'odd\.png (cannot be read|is trunc)') as caught:
        LoadImage(imdecode_backend=backend)(dict(img_path=str(path)))
    assert '\n' not in str(caught.value)


BOMBS = """
import io, resource, struct, sys, zlib
from PIL import Image
from glipv2.datasets.transforms.load_image import LoadImage

def chunk(kind, data):
    crc = struct.pack('>I', zlib.crc32(kind + data))
    return struct.pack('>I', len(data)) + kind + data + crc

def png(width, height, *more):
    head = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
    body = chunk(b'IDAT', zlib.compress(bytes(1000)))
    start = b'\\x89PNG\\r\\n\\x1a\\n'
    return b''.join((start, head, *more, body, chunk(b'IEND', b'')))

def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()

press = zlib.compressobj(1)  # in parts: memory is what is measured
squeezed = b''.join([press.compress(bytes(10**6)) for _ in range(300)])
squeezed += press.flush()
def tiled():
    tags = [(256, 3, 1, 64), (257, 3, 1, 64), (258, 3, 1, 8), (259, 3, 1, 8),
            (262, 3, 1, 1), (277, 3, 1, 1), (322, 4, 1, 40000), (323, 4, 1, 40000),
            (324, 4, 1, 200), (325, 4, 1, 100)]
    entries = b''.join(struct.pack('<HHII', *tag) for tag in tags)
    head = b'II*\\0' + struct.pack('<IH', 8, len(tags)) + entries + bytes(4)
    return head.ljust(200, b'\\0') + zlib.compress(bytes(99999))[:100]
dot = Image.new('L', (9, 9))
more = [Image.new('L', (9, 9), x) for x in range(90)]
frames = dict(save_all=True, append_images=more)
hdr = b'#?RADIANCE\\nFORMAT=32-bit_rle_rgbe\\n\\n-Y 30000 +X 30000\\n' + bytes(9000)
bombs = {
    'png': png(60000, 60000), 'text': png(9, 9, chunk(b'zTXt', b'a\\0\\0' + squeezed)),
    'profile': png(9, 9, chunk(b'iCCP', b'a\\0\\0' + squeezed)), 'hdr': hdr,
    'tiles': tiled(), 'gif': saved(dot, 'GIF', **frames),
    'tiff': saved(dot, 'TIFF', **frames),
    'ppm': b'P6 60000 60000 255\\n' + bytes(99), 'pfm': b'PF 60000 60000 -1\\n',
}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, content in bombs.items():
    open(sys.argv[1], 'wb').write(content)
    for backend in ('cv2', 'pillow'):
        try:
            shape = LoadImage(imdecode_backend=backend).read(sys.argv[1], 80).shape
            print(name, shape)
        except OSError as error:
            print(name, error)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // 1024)
"""


@pytest.mark.timeout(120)
def test_bombs_take_no_memory(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, '-W', 'error::ResourceWarning', '-c', BOMBS, tmp_path / 'b'],
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, grown = finished.stdout.splitlines()
    assert int(grown) < 200, finished.stdout  # MiB
    told = {line.split()[0]: line for line in lines}
    assert 'too large' in told['png'] and '3600000000' in told['png']
    assert '40000 x 40000' in told['tiles']
    assert 'no image of a known format' in told['hdr']
    assert told['gif'] == 'gif (9, 9, 3)' and told['tiff'] == 'tiff (9, 9, 3)'
