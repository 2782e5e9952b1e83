"""Two good images, a broken one, and text settings."""

from pathlib import Path

import pytest
from PIL import Image

from glipv2.datasets.report.inspect_dataset import TextSettings
from glipv2.text.sources import load_tokenizer
from tests.datasets.report.defects import TOKENIZER


@pytest.fixture(scope='module')
def settings() -> TextSettings:
    """Load a tokenizer; prompts are short."""
    return TextSettings(load_tokenizer(TOKENIZER), max_tokens=24)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write two good images of 60 x 40 and a truncated one."""
    for name in ('a.png', 'b.png'):
        Image.new('RGB', (60, 40), 'red').save(tmp_path / name)
    whole = (tmp_path / 'a.png').read_bytes()
    (tmp_path / 'cut.png').write_bytes(whole[: len(whole) // 2])
    return tmp_path
