"""The table of published weights, and its page."""

from pathlib import Path
from urllib.parse import urlparse

import pytest

from glipv2.convert.fetch import CONVERTERS
from glipv2.weights.page import fill_page
from glipv2.weights.table import how_to_get, release_of, releases

ROOT = Path(__file__).parents[2]


def test_rows_are_whole() -> None:
    rows = releases()
    assert len(rows) >= 11
    for row in rows.values():
        assert row.converter in CONVERTERS, row
        assert row.config is None or (ROOT / row.config).is_file(), row
        assert urlparse(row.url).scheme == 'https', row
        assert row.file.endswith('.pth'), row
        assert row.license, row
        assert bool(row.scores) == bool(row.measured_by), row
        assert set(row.sha256) <= set('0123456789abcdef'), row
    assert len({row.file for row in rows.values()}) == len(rows)


def test_the_page_shows_the_index() -> None:
    text = (ROOT / 'docs' / 'weights.md').read_text('utf-8')
    assert fill_page(text) == text
    assert f'| `{release_of("GLIP_T").name}` |' in text
    emptied = '<!-- weights -->\n<!-- /weights -->'
    assert fill_page(emptied) in text


def test_how_weights_are_had() -> None:
    assert '`glipv2 weights get glip_t` fetches' in how_to_get('glip_t')
    assert '3.71 GB, licence MIT' in how_to_get('GLIP_T')
    assert 'train configs/coco' in how_to_get('glipv2_swin-t_coco')
    assert how_to_get('nothing') == ''
    with pytest.raises(ValueError, match='similar names: glip_t'):
        release_of('glipt')
