"""The demo: images that are made anew alike, and one report of every task."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glipv2.quickstart.contact_sheet import COLUMNS, GAP
from glipv2.quickstart.demo import make_demo
from glipv2.quickstart.examples import EXAMPLES, FOLDER, TASKS, write_images
from glipv2.quickstart.result import Result


@pytest.fixture(scope='module')
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('demo') / 'report'


@pytest.fixture(scope='module')
def results(out: Path) -> list[Result]:
    return make_demo(out)


def test_the_images_are_what_their_seeds_make(tmp_path: Path) -> None:
    write_images(tmp_path)
    assert {x.name for x in tmp_path.iterdir()} == {x.name for x in FOLDER.iterdir()}
    for file in tmp_path.iterdir():
        made, shipped = (
            np.asarray(Image.open(path), np.int16)
            for path in (file, FOLDER / file.name)
        )
        # Versions of Pillow resize and compress slightly differently.
        assert np.abs(made - shipped).mean() < 4, file.name


def test_every_task_is_shown_and_every_image_used() -> None:
    assert {example.command for example in EXAMPLES} == TASKS.keys()
    assert {x.image for x in EXAMPLES} == {x.name for x in FOLDER.iterdir()}


def test_names_are_found(results: list[Result]) -> None:
    for result in results:
        if result.example.command not in ('detect', 'segment'):
            continue
        names = result.example.text.split(' . ')
        found = [name for name in names if name in result.words]
        assert len(found) >= len(names) - 1, result.words


def test_phrases_have_boxes_in_their_colours(results: list[Result]) -> None:
    (result,) = (x for x in results if x.example.command == 'ground')
    phrases = {text: colour for text, colour in result.parts if colour is not None}
    assert list(phrases) == ['a penguin', 'a red car']
    drawn = np.asarray(result.drawn)
    for colour in phrases.values():
        assert (drawn == colour).all(-1).sum() > 100


def test_the_report_opens_alone(out: Path, results: list[Result]) -> None:
    page = (out / 'index.html').read_text('utf-8')
    sources = re.findall(r'(?:src|href)="([^"]{,30})', page)
    assert len(sources) == len(EXAMPLES)
    assert all(source.startswith('data:image/jpeg;base64,') for source in sources)
    assert 'url(' not in page
    for example in EXAMPLES:
        assert (out / 'images' / example.image).is_file()
        assert (
            f'<code>glipv2 {example.command} {out / "images" / example.image}' in page
        )


def test_the_contact_sheet_has_all_images(out: Path, results: list[Result]) -> None:
    sheet = Image.open(out / 'contact_sheet.jpg')
    assert sheet.width > 4 * 384
    # Images fill their row: between them is only the space around them.
    row = np.asarray(sheet.convert('L'))[GAP : GAP + 150]
    empty = (row > 245).all(0).sum()
    assert COLUMNS * GAP < empty < (COLUMNS + 1) * GAP + COLUMNS * 3
