"""What is no model is said in one line, before anything is loaded."""

from pathlib import Path

import pytest

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.model_files import sort_files


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('model = dict(type=\n', 'cannot be read: SyntaxError'),
        ('x = unknown_name\n', "cannot be read: NameError: name 'unknown_name'"),
        ("_base_ = './gone.py'\n", 'cannot be read: .*gone.py'),
        ('work_dir = "x"\n', 'describes no model'),
    ],
)
def test_a_config_that_is_none(tmp_path: Path, text: str, reason: str) -> None:
    config = tmp_path / 'mine.py'
    config.write_text(text)
    with pytest.raises(ValueError, match=f'the config .*mine.py {reason}') as caught:
        sort_files(config, 'x.pth')
    assert '\n' not in str(caught.value)


def test_files_of_other_kinds(tmp_path: Path) -> None:
    image = tmp_path / 'a.jpg'
    image.write_bytes(b'')
    with pytest.raises(ValueError, match='is no model'):
        sort_files(image, None)
    assert sort_files(tmp_path / 'x.pth', None) == (None, str(tmp_path / 'x.pth'))
    with pytest.raises(ValueError, match='given twice'):
        sort_files('x.pth', 'y.pth')


def test_an_unknown_palette_or_device(checkpoint: Path) -> None:
    with pytest.raises(ValueError, match="unknown palette 'nosuch'"):
        GLIPv2Inferencer(weights=checkpoint, device='cpu', palette='nosuch')
    with pytest.raises(ValueError, match='there is no device'):
        GLIPv2Inferencer(weights=checkpoint, device='tpu:9')
