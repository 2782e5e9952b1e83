"""The web page: an image and a text in, boxes, masks, answers or a caption out."""

import os
import socket
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

os.environ.setdefault('GRADIO_ANALYTICS_ENABLED', 'False')  # read at the import

import gradio as gr
from fastapi import FastAPI
from gradio.data_classes import ImageData
from gradio.utils import LRUCache

from ..defaults import SCORE
from ..examples import reads_examples
from ..inferencer import GLIPv2Inferencer
from .answers import PLACEHOLDERS, Answers
from .example_field import example_field
from .guard import WebGuard
from .scripts import page_script
from .server import PageServer, address_of, listen
from .uploads import bytes_of, make_upload_folder

TITLE = 'GLIPv2'
HERE = Path(__file__).parent
TASK_NAMES = {
    'detection': 'Detect',
    'grounding': 'Ground a sentence',
    'segmentation': 'Outline',
    'vqa': 'Ask',
    'grounded_vqa': 'Ask and point',
    'caption': 'Describe',
    'grounded_caption': 'Describe and point',
}
EXAMPLES_SHOWN = 4  # on one page of their table; our choice
QUEUE_SIZE = 256  # waiting requests; our choice
# Gradio keeps each request with its messages for good, and the last results of 10000
# sessions. Only what waits is needed: the state of a session here is a short key.
MOST_KEPT = 2 * QUEUE_SIZE
# Every ten minutes uploads that are an hour old are removed.
CLEAN_UP = (600, 3600)
SAVE_JSON = """(found) => {
  const link = document.createElement('a');
  const text = JSON.stringify(found, null, 1);
  link.href = URL.createObjectURL(new Blob([text], {type: 'application/json'}));
  link.download = 'prediction.json';
  link.click();
  URL.revokeObjectURL(link.href);
}"""
CLEARED = "() => [null, '', null, '', '', null, '']"
# Before a run, and for a new image: errors and results of the one before go.
NO_TOASTS = "document.querySelectorAll('.toast-close').forEach((x) => x.click())"
BEFORE_RUN = f'(...inputs) => {{ {NO_TOASTS}; return inputs; }}'
HAS_RESULT = """(key, score, alone) =>
  [key, score, alone, !!document.querySelector('#drawn img')]"""
NEW_IMAGE = f"() => {{ {NO_TOASTS}; return [null, '', '', null, '']; }}"

Example = tuple[str, str, str]  # image, task, text
# A title, and what adds a tab's parts: it gets the model's answers and the least score
# that a box has at first.
Tab = tuple[str, Callable[[Answers, float], None]]


def build_page(
    inferencer: GLIPv2Inferencer,
    examples: Sequence[Example] = (),
    max_megapixels: float = 20,
    score_thr: float = SCORE,
    tabs: Sequence[Tab] = (),
) -> gr.Blocks:
    """Build the page; :func:`serve` serves it.

    Args:
        inferencer: The model.
        examples: Image files with a task and a text, to click on.
        max_megapixels: Larger images are refused.
        score_thr: Where the score's slider starts.
        tabs: Further tabs, of floors above this one.

    Returns:
        The page. Requests wait in a queue and are computed one after the other.
    """
    make_upload_folder()  # gradio reads where it is as each part is made
    answers = Answers(inferencer, max_megapixels)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=CLEAN_UP) as page:
        gr.Markdown(f'# {TITLE}\nFind, outline, ask and describe, by words.')
        with gr.Tabs() if tabs else nullcontext():
            with gr.Tab('Look') if tabs else nullcontext():
                _add_look(page, answers, examples, score_thr)
            for title, add in tabs:
                with gr.Tab(title):
                    add(answers, score_thr)
    page.queue(max_size=QUEUE_SIZE, api_open=False)
    page.state_session_capacity = MOST_KEPT
    # Private: why gradio's version is fixed, and tested.
    page._queue.event_ids_to_events = LRUCache(MOST_KEPT)
    page._queue.event_analytics = LRUCache(MOST_KEPT)
    return page


def _add_look(
    page: gr.Blocks, answers: Answers, examples: Sequence[Example], score_thr: float
) -> None:
    """Add what looks at one image."""
    tasks = answers.inferencer.tasks
    with gr.Row():
        with gr.Column():
            image = gr.Image(
                label='Image',
                type='filepath',
                sources=['upload', 'webcam', 'clipboard'],
                image_mode=None,
                height=360,
                elem_id='picture',
            )
            image.preprocess = _path_of
            task = gr.Radio(
                [(TASK_NAMES[name], name) for name in tasks],
                value=tasks[0],
                label='Task',
                elem_id='task',
            )
            text = gr.Textbox(
                label='Text',
                placeholder=PLACEHOLDERS[tasks[0]],
                lines=2,
                elem_id='text',
            )
            with gr.Row(elem_id='buttons'):
                run = gr.Button('Run', variant='primary', elem_id='run')
                clear = gr.Button('Clear', elem_id='clear')
            shown_by_example = []
            if reads_examples(answers.inferencer.model):
                shown_by_example = example_field()
                shown_by_example[0].preprocess = _path_of
            with gr.Accordion('Advanced', open=False):
                overlap = gr.Slider(
                    0.1, 1, 0.6, step=0.05, label='Most overlap of two boxes'
                )
                most = gr.Slider(1, 300, 50, step=1, label='Most boxes')
        with gr.Column():
            drawn = gr.Image(
                label='Result',
                format='png',
                interactive=False,
                buttons=['download', 'fullscreen'],
                height=360,
                elem_id='drawn',
            )
            score = gr.Slider(
                0,
                1,
                score_thr,
                step=0.01,
                label='Least score of a box',
                elem_id='score',
            )
            alone = gr.Checkbox(label='One name per place', elem_id='alone')
            line = gr.Markdown(elem_id='line')
            sentence = gr.HTML(elem_id='sentence')
            table = gr.HTML(elem_id='table')
            with gr.Accordion('JSON', open=False):
                found = gr.JSON(elem_id='json', show_label=False)
            save = gr.Button('Save JSON', elem_id='save')
    shown = gr.State()  # key of the last result
    there = gr.Checkbox(visible=False)  # whether the page still has it
    inputs = [image, task, text, score, overlap, most, alone, *shown_by_example]
    outputs = [drawn, sentence, table, found, line]
    call = dict(
        fn=answers.run,
        inputs=inputs,
        outputs=[*outputs, shown],
        show_progress_on=drawn,
        js=BEFORE_RUN,
        concurrency_limit=1,
    )
    gr.on([run.click, text.submit], api_name='predict', **call)
    if examples:
        clicked = gr.Examples(
            [list(example) for example in examples],
            inputs=[image, task, text],
            cache_examples=False,
            examples_per_page=EXAMPLES_SHOWN,
            elem_id='examples',
        ).load_input_event
        clicked.then(api_visibility='private', **call)
    # In the browser: an answer of the server could come after the next upload.
    image.change(None, None, outputs, js=NEW_IMAGE)
    gr.on(
        [score.change, alone.change],
        answers.at_score,
        [shown, score, alone, there],
        outputs,
        js=HAS_RESULT,
        api_visibility='private',
        trigger_mode='always_last',
        show_progress='hidden',
        concurrency_limit=1,
    )
    task.change(
        lambda name: gr.Textbox(placeholder=PLACEHOLDERS[name]),
        task,
        text,
        api_visibility='private',
        queue=False,
    )
    clear.click(None, None, [image, text, *outputs], js=CLEARED)
    save.click(None, found, None, js=SAVE_JSON)
    page.load(None, None, None, js=page_script('linked.js'))
    if shown_by_example:
        page.load(None, None, None, js=page_script('draw_box.js'))


def serve(
    page: gr.Blocks,
    host: str = '127.0.0.1',
    port: int | None = None,
    max_upload: str | int = '20mb',
    block: bool = True,
    listener: socket.socket | None = None,
) -> str:
    """Serve the page: nothing but its own files, and without the internet.

    Args:
        page: Of :func:`build_page`.
        host: Address to listen at.
        port: None: the first free one from 7860 on.
        max_upload: Largest file, such as ``'20mb'`` or bytes.
        block: Whether to wait until the server is stopped. If not, ``page.close()``
            stops it.
        listener: Of :func:`.server.listen`, in place of ``host`` and ``port``.

    Returns:
        The page's address.

    Raises:
        ValueError: If there is no such port, address or size.
        OSError: If the port is taken.
    """
    most = bytes_of(max_upload)
    listener = listen(host, port) if listener is None else listener
    warnings.filterwarnings('ignore', module=r'gradio\b')  # for its programmers
    app = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        page,
        '/',
        footer_links=['api'],
        show_error=False,  # of errors that are not meant for the page
        max_file_size=most,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        css=(HERE / 'page.css').read_text(),
        # Fonts of the machine: gradio's own themes load theirs from a server.
        theme=gr.themes.Default(
            font=['system-ui', 'sans-serif'], font_mono=['monospace']
        ),
    )
    page.app = app.routes[-1].app  # with these three, gradio's `close` ends all
    page.server = PageServer(WebGuard(app, make_upload_folder(), most))
    page.has_launched = True
    url = address_of(listener)
    if block:
        print(f'The page is at {url} (Ctrl-C stops it)', flush=True)
        with suppress(KeyboardInterrupt):
            page.server.run(sockets=[listener])
    else:
        page.server.start(listener)
    return url


def _path_of(payload: ImageData | None) -> str | None:
    """Pass an upload on unread: gradio answers a broken one with a stack trace."""
    return None if payload is None else payload.path
