"""The web page in a real browser."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glipv2.apis import GLIPv2Inferencer
from tests.tiny import example_changes
from tests.tiny_files import HEADS, write_images, write_model

gradio = pytest.importorskip('gradio')
playwright = pytest.importorskip('playwright.sync_api')


from glipv2.apis.web.page import (  # noqa: E402
    TASK_NAMES,
    build_page,
    serve,
)
from glipv2.labels.page_tab import TITLE, add_label_tab  # noqa: E402

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
             '--disable-background-networking', '--disable-component-update',
             '--disable-sync']  # fmt: skip
WAIT = 120_000  # ms; a busy machine is slow
TEXTS = {
    'detection': 'dog . red apple',
    'grounding': 'a dog near a red apple',
    'segmentation': 'dog',
    'vqa': 'is there a dog?',
    'grounded_vqa': 'is there a dog?',
    'caption': '',
    'grounded_caption': 'a dog and a',
}


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model with every head, which reads examples, too."""
    folder = tmp_path_factory.mktemp('model')
    return write_model(folder, **example_changes(), **HEADS)


@pytest.fixture(scope='module')
def inferencer(checkpoint: Path) -> GLIPv2Inferencer:
    """Build it."""
    return GLIPv2Inferencer(weights=checkpoint, device='cpu', show_progress=False)


@pytest.fixture(scope='module')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write images."""
    return write_images(tmp_path_factory.mktemp('pictures'))


@pytest.fixture(scope='module')
def url(inferencer: GLIPv2Inferencer, images: Path) -> Iterator[str]:
    """Serve the page of the tiny model."""
    examples = [(str(images / '1.png'), 'grounding', 'a red car')]
    page = build_page(
        inferencer, examples, 1, score_thr=0.0, tabs=[(TITLE, add_label_tab)]
    )
    yield serve(page, max_upload='1mb', block=False)
    page.close()


@pytest.fixture(scope='module')
def browser() -> Iterator['playwright.Browser']:
    """Start Chromium."""
    if CHROMIUM is None:
        pytest.skip('there is no chromium: apt-get install chromium')
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def tab(browser: 'playwright.Browser', url: str) -> Iterator['playwright.Page']:
    """Open the page; whatever it wants from other machines is written down."""
    context = browser.new_context(viewport=dict(width=1280, height=1100))
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.foreign = []

    def guard(route: 'playwright.Route') -> None:
        if route.request.url.startswith((url.rstrip('/'), 'data:', 'blob:')):
            route.continue_()
        else:
            page.foreign.append(route.request.url)
            route.abort()

    page.route('**/*', guard)
    page.goto(url)
    page.wait_for_selector('#run')
    yield page
    context.close()


def upload(tab: 'playwright.Page', path: Path) -> None:
    """Choose a file, and wait until the server has it."""
    with tab.expect_response(lambda answer: '/upload' in answer.url):
        tab.set_input_files('#picture input[type=file]', path)
    tab.wait_for_selector('#picture img')


def error_of(tab: 'playwright.Page') -> str:
    """Wait for the page's error and read it."""
    return tab.wait_for_selector('.toast-body').inner_text()


@pytest.mark.timeout(600)
def test_every_task_in_the_browser(
    tab: 'playwright.Page',
    images: Path,
    tmp_path: Path,
) -> None:
    for task, text in TEXTS.items():
        tab.click('#clear')
        tab.wait_for_selector('#picture img', state='detached')
        upload(tab, images / '0.png')
        tab.get_by_label(TASK_NAMES[task], exact=True).check()
        tab.fill('#text textarea', text)
        tab.click('#run')
        tab.wait_for_function(
            r"""() => {
                const line = document.querySelector('#line p');
                return line && /^\d+\.\d+ s/.test(line.innerText);
            }"""
        )
        assert tab.query_selector('.toast-body') is None, task
        tab.wait_for_selector('#drawn img')
        marks = tab.query_selector_all('#sentence mark')
        if task not in ('vqa', 'caption'):
            assert marks, task
        with tab.expect_download() as download:
            tab.click('#save')
        download.value.save_as(tmp_path / 'saved.json')
        saved = json.loads((tmp_path / 'saved.json').read_text())
        assert {'bboxes', 'answers', 'caption'} & saved.keys(), task
    assert not tab.foreign


@pytest.mark.timeout(300)
def test_an_example_and_errors_in_the_browser(
    tab: 'playwright.Page',
    tmp_path: Path,
) -> None:
    tab.click('#run')
    assert 'there is no image' in error_of(tab)
    tab.reload()
    tab.get_by_text('a red car').click()
    tab.wait_for_selector('#drawn img')  # without Run
    tab.fill('#text textarea', ' ')
    tab.click('#run')
    assert 'the text is empty' in error_of(tab)
    tab.reload()
    (tmp_path / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\n' + b'no image' * 9)
    with tab.expect_response(lambda answer: '/upload' in answer.url):
        tab.set_input_files('#picture input[type=file]', tmp_path / 'broken.png')
    tab.fill('#text textarea', 'dog')
    tab.click('#run')
    message = error_of(tab)
    assert 'broken.png is truncated' in message
    assert 'Traceback' not in message and '/' not in message.split('truncated')[0]


@pytest.mark.timeout(300)
def test_boxes_and_rows_are_linked_and_the_score_is_live(
    tab: 'playwright.Page', images: Path, inferencer: GLIPv2Inferencer
) -> None:
    def rows() -> int:
        return len(tab.query_selector_all('#table tr[data-box]'))

    tab.click('#run')
    assert 'there is no image' in error_of(tab)
    upload(tab, images / '0.png')
    tab.wait_for_selector('.toast-body', state='detached')
    tab.get_by_label(TASK_NAMES['detection'], exact=True).check()
    tab.fill('#text textarea', 'dog . red apple')
    tab.click('#run')
    tab.wait_for_selector('#table tr[data-box]')
    tab.wait_for_selector('#drawn img')
    count = rows()
    assert count > 1

    row = tab.locator('#table tr[data-box]').first
    row.hover()
    frame = tab.locator('#looked-at').bounding_box()
    left, top, right, bottom = map(float, row.get_attribute('data-box').split())
    assert frame['width'] / frame['height'] == pytest.approx(
        (right - left) / (bottom - top), rel=0.1
    )
    tab.mouse.move(
        frame['x'] + frame['width'] / 2, frame['y'] + frame['height'] / 2, steps=3
    )
    tab.wait_for_selector('#table tr.looked-at')
    tab.hover('#line')
    tab.wait_for_selector('#looked-at', state='detached')

    runs = []
    hook = inferencer.model.register_forward_pre_hook(lambda *_: runs.append(1))
    tab.fill('#score input[type=number]', '1')
    tab.wait_for_function("!document.querySelector('#table tr[data-box]')")
    tab.fill('#score input[type=number]', '0')
    tab.wait_for_selector('#table tr[data-box]')
    assert rows() == count
    upload(tab, images / '1.png')  # a new image: the old result goes, for good
    tab.wait_for_selector('#drawn img', state='detached')
    tab.fill('#score input[type=number]', '0.5')
    tab.wait_for_timeout(1000)
    assert tab.query_selector('#drawn img') is None and rows() == 0
    hook.remove()
    assert not runs


@pytest.mark.timeout(300)
def test_labels_in_the_browser(
    tab: 'playwright.Page', images: Path, tmp_path: Path
) -> None:
    name = 'red apple ${1+1} {{x}}'
    tab.get_by_role('tab', name=TITLE).click()
    with tab.expect_response(lambda answer: '/upload' in answer.url):
        tab.set_input_files(
            '#label_images input[type=file]', [images / '0.png', images / '1.png']
        )
    tab.get_by_label('Names', exact=True).fill(f'dog . {name}')
    tab.click('#label_run')
    sheet = tab.frame_locator('#label_sheet iframe')
    sheet.locator('section').first.wait_for()
    assert [text.split(':')[0] for text in sheet.locator('h2').all_inner_texts()] == [
        'dog', name,
    ]  # fmt: skip
    assert sheet.locator('figure img').count() > 0
    with tab.expect_download() as download:
        tab.locator('#label_zip a').first.click()
    download.value.save_as(tmp_path / 'labels.zip')
    assert 'coco/train.json' in zipfile.ZipFile(tmp_path / 'labels.zip').namelist()
    assert not tab.foreign


@pytest.mark.timeout(300)
@pytest.mark.parametrize('size', [(300, 100), (90, 200)])
def test_a_box_is_drawn_on_an_example(
    tab: 'playwright.Page', images: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    thing = (20, 30, 70, 90)  # x1, y1, x2, y2 of what is seen in the image
    pixels = np.full((size[1], size[0], 3), 255, np.uint8)
    pixels[thing[1] : thing[3], thing[0] : thing[2]] = (255, 0, 255)
    Image.fromarray(pixels).save(tmp_path / 'example.png')
    tab.get_by_text('Show it by example').click()
    with tab.expect_response(lambda answer: '/upload' in answer.url):
        tab.set_input_files('#example input[type=file]', tmp_path / 'example.png')
    tab.locator('#example img').scroll_into_view_if_needed()
    tab.wait_for_function("document.querySelector('#example img').complete")
    seen = np.asarray(Image.open(io.BytesIO(tab.screenshot())).convert('RGB'))
    rows, columns = np.nonzero((seen == (255, 0, 255)).all(2))
    left, top = float(columns.min()), float(rows.min())
    right, bottom = columns.max() + 1.0, rows.max() + 1.0
    tab.mouse.move(right, top)
    tab.mouse.down()
    tab.mouse.move(left, bottom, steps=5)
    frame = tab.locator('#drawn_box').bounding_box()
    assert frame['width'] == pytest.approx(right - left, abs=1)
    tab.mouse.up()
    written = tab.input_value('#example_box textarea, #example_box input')
    assert [float(x) for x in written.split(',')] == pytest.approx(thing, abs=1.5)

    tab.fill('#example_name textarea, #example_name input', 'my part')
    upload(tab, images / '0.png')
    tab.get_by_label(TASK_NAMES['detection'], exact=True).check()
    tab.click('#run')
    tab.wait_for_selector('#drawn img')
    assert 'my part' in tab.inner_text('#table')
    assert tab.query_selector('.toast-body') is None
