"""The web page's answers, and many clients at once."""

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glipv2.apis import GLIPv2Inferencer

gradio = pytest.importorskip('gradio')

from gradio.queueing import Event  # noqa: E402

from glipv2.apis.web import answers as web_answers  # noqa: E402
from glipv2.apis.web import page as web_page  # noqa: E402
from glipv2.apis.web.answers import Answers  # noqa: E402
from glipv2.apis.web.page import build_page, serve  # noqa: E402
from glipv2.benchmarks.page_load import put_load  # noqa: E402
from tests.apis.web_client import (  # noqa: E402
    MARK,
    answer_to,
    ask,
    running_page,
    send_file,
)
from tests.tiny import example_changes  # noqa: E402
from tests.tiny_files import write_model  # noqa: E402


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory: pytest.TempPathFactory) -> GLIPv2Inferencer:
    """Build a detector that draws no outlines, which are slow."""
    file = write_model(tmp_path_factory.mktemp('boxes'))
    return GLIPv2Inferencer(weights=file, device='cpu', show_progress=False)


@pytest.fixture(scope='module')
def url(inferencer: GLIPv2Inferencer) -> Iterator[str]:
    """Serve a page."""
    with running_page(inferencer) as address:
        yield address


@pytest.mark.timeout(300)
def test_twenty_clients_at_once_are_all_answered(
    url: str,
    images: Path,
) -> None:
    result = put_load(url, images / '0.png', 'dog . cat', 20, 20, 1)
    assert result['errors'] == []
    assert result['answered'] == result['asked'] == 20


@pytest.mark.timeout(300)
def test_what_is_kept_of_answered_requests_is_bounded(
    inferencer: GLIPv2Inferencer,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_page, 'MOST_KEPT', 2)
    page = build_page(inferencer, max_megapixels=1)
    address = serve(page, block=False)
    try:
        # Each round is a visit of its own.
        result = put_load(address, images / '0.png', 'dog', 1, 1, 5)
    finally:
        page.close()
    assert result['answered'] == 5
    kept = [x for x in gc.get_objects() if type(x) is Event]
    assert 0 < sum(event.fn in page.fns.values() for event in kept) <= 2
    assert len(page.state_holder.session_data) <= 2


def test_all_images_are_computed_in_one_thread(
    inferencer: GLIPv2Inferencer,
    images: Path,
) -> None:
    threads = set()
    hook = inferencer.model.register_forward_pre_hook(
        lambda *_: threads.add(threading.get_ident())
    )
    predict = Answers(inferencer, max_megapixels=1).run
    asked = (str(images / '0.png'), 'detection', 'dog', 0.0, 0.6, 6)
    with ThreadPoolExecutor(3) as clients:
        jobs = [clients.submit(predict, *asked) for _ in range(3)]
        assert all(job.result() for job in jobs)
    hook.remove()
    assert len(threads) == 1


def test_what_the_page_answers(
    inferencer: GLIPv2Inferencer,
    images: Path,
    tmp_path: Path,
) -> None:
    predict = Answers(inferencer, max_megapixels=1).run
    drawn, sentence, table, found, line, _ = predict(
        str(images / '0.png'), 'grounding', 'a <b>dog</b> near a cat', 0.0, 0.6, 6
    )
    assert drawn.shape == (64, 96, 3) and drawn.dtype == np.uint8
    assert '<b>' not in sentence and '&lt;b&gt;' in sentence
    assert table.count('data-box=') == len(found['labels']) == 6
    assert line.endswith('6 boxes')
    Image.new('RGB', (1100, 1000)).save(tmp_path / 'large.png')
    for arguments, message in (
        ((None, 'detection', 'dog'), 'there is no image'),
        ((str(images / '0.png'), 'vqa', ''), 'the text is empty'),
        ((str(images / '0.png'), 'find', 'dog'), "unknown task 'find'"),
        ((str(tmp_path / 'large.png'), 'detection', 'dog'), 'megapixels'),
        ((str(images / 'notes.txt'), 'detection', 'dog'), 'it is no image'),
    ):
        with pytest.raises(gradio.Error, match=message) as refused:
            predict(*arguments, 0.0, 0.6, 6)
        assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize('task', ['detection', 'segmentation'])
def test_another_score_needs_no_model(
    all_tasks: GLIPv2Inferencer, images: Path, task: str
) -> None:
    answers = Answers(all_tasks, max_megapixels=1)
    asked = (str(images / '0.png'), task, 'dog . cat')
    *all_boxes, key = answers.run(*asked, 0.0, 0.6, 6)
    middle = sorted(all_boxes[3]['scores'])[3]
    runs = []
    hook = all_tasks.model.register_forward_pre_hook(lambda *_: runs.append(1))
    fewer = answers.at_score(key, middle)
    none = answers.at_score(key, 1.0)
    again = answers.at_score(key, 0.0)
    hook.remove()
    assert not runs
    *expected, _ = answers.run(*asked, middle, 0.6, 6)
    # All but the seconds of the summary.
    assert fewer[3] == expected[3] and len(fewer[3]['scores']) == 3
    assert len(fewer[3]['masks']) == 3
    assert (fewer[0] == expected[0]).all() and fewer[1:3] == tuple(expected[1:3])
    assert again[3] == all_boxes[3] and (again[0] == all_boxes[0]).all()
    assert none[3]['scores'] == [] and 'the best one has a score of' in none[4]
    alone = answers.at_score(key, 0.0, one_name_per_place=True)[3]
    *expected, _ = answers.run(*asked, 0.0, 0.6, 6, True)
    assert alone == expected[3] and len(alone['scores']) == len(alone['masks'])
    rows = [all_boxes[3]['bboxes'].index(box) for box in alone['bboxes']]
    assert alone['masks'] == [all_boxes[3]['masks'][row] for row in rows]


def test_few_results_are_kept(
    inferencer: GLIPv2Inferencer, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_answers, 'MOST_RESULTS', 2)
    answers = Answers(inferencer, max_megapixels=1)
    asked = (str(images / '0.png'), 'detection', 'dog', 0.0, 0.6, 6)
    keys = [answers.run(*asked)[-1] for _ in range(3)]
    assert len(answers.kept) == 2 and keys[0] not in answers.kept
    with pytest.raises(gradio.Error, match='press Run'):
        answers.at_score(keys[0], 0.5)


def test_an_error_of_any_kind_is_one_line_on_the_page(images: Path) -> None:
    def fail(*args: object, **kwargs: object) -> dict:
        raise RuntimeError('out of memory at /secret/path')

    with pytest.raises(gradio.Error, match='the server failed') as refused:
        Answers(fail, max_megapixels=1).run(
            str(images / '0.png'), 'detection', 'dog', 0.0, 0.6, 6
        )
    assert 'secret' not in str(refused.value)


def test_a_text_may_not_be_too_long(inferencer: GLIPv2Inferencer, images: Path) -> None:
    with pytest.raises(gradio.Error, match='2000 is the most'):
        Answers(inferencer, max_megapixels=1).run(
            str(images / '0.png'), 'detection', 'dog . ' * 400, 0.0, 0.6, 6
        )


def test_gradio_is_the_version_whose_private_parts_are_used() -> None:
    """The queue's attributes are not public: each version is looked at by hand."""
    assert gradio.__version__.startswith('6.17.')
    with gradio.Blocks() as page:
        gradio.Markdown('x')
    page.queue()
    assert page._queue.event_ids_to_events == page._queue.event_analytics == {}
    root = Path(__file__).parents[3]
    for file in ('demo', 'tests'):
        lines = (root / 'requirements' / f'{file}.txt').read_text().splitlines()
        assert 'gradio>=6.17,<6.18' in lines
    for file in ('docs/inference.md', 'tools/demo/web_demo.py'):
        assert '"gradio>=6.17,<6.18"' in (root / file).read_text()


def test_an_example_is_shown_by_a_box(
    images: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = write_model(tmp_path_factory.mktemp('reader'), **example_changes())
    reader = GLIPv2Inferencer(weights=file, device='cpu', show_progress=False)
    image = str(images / '0.png')
    asked = (image, 'detection', '', 0.0, 0.6, 6, False, image)
    run = Answers(reader, max_megapixels=1).run
    names = [
        set(run(*asked, box, name)[3]['label_names'])
        for box, name in (('10, 10, 50, 50', ''), ('[10 10 50 50]', 'my part'))
    ]
    assert names == [{'object 1'}, {'my part'}]
    for box, message in (
        ('', 'draw a box'), ('1, 2, 3', 'draw a box'), ('a, b, c, d', 'draw a box'),
        ('10, 10, 500, 50', 'reaches out of its image'),
    ):  # fmt: skip
        with pytest.raises(gradio.Error, match=message):
            run(*asked, box, '')
    broken = str(images / 'notes.txt')
    with pytest.raises(gradio.Error, match='it is no image') as refused:
        run(*asked[:-1], broken, '10, 10, 50, 50', '')
    assert str(images) not in str(refused.value)
    with running_page(reader) as url:
        upload = dict(path=send_file(url, images / '0.png'), meta=MARK)
        sent = ask(url, upload,
                   'detection', 'dog', 0, 0.6, 5, False, None, '', '')  # fmt: skip
        kind, answer = answer_to(url, sent)
        assert kind == 'complete', answer
