"""The web page: an image and a text in, boxes, masks, answers or a caption out."""

import logging
import os
import socket
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

os.environ.setdefault('GRADIO_ANALYTICS_ENABLED', 'False')  # read at the import

import gradio as gr
import numpy as np
from fastapi import FastAPI
from gradio.data_classes import ImageData
from gradio.utils import LRUCache
from mmengine.logging import print_log

from ...text.tasks import CAPTION_TASKS
from ..defaults import SCORE
from ..inferencer import GLIPv2Inferencer
from .guard import WebGuard
from .messages import on_the_page
from .results import TABLE_HEAD, sentence_html, summary, table_rows
from .server import PageServer, address_of, listen
from .uploads import bytes_of, make_upload_folder

TITLE = 'GLIPv2'
TASK_NAMES = {
    'detection': 'Detect',
    'grounding': 'Ground a sentence',
    'segmentation': 'Outline',
    'vqa': 'Ask',
    'grounded_vqa': 'Ask and point',
    'caption': 'Describe',
    'grounded_caption': 'Describe and point',
}
PLACEHOLDERS = {
    'detection': 'names, such as: red apple . dog face . rocket',
    'grounding': 'a sentence, such as: a dog face next to a red apple',
    'segmentation': 'names or a sentence, such as: red apple . dog face',
    'vqa': 'a question, such as: how many apples are there?',
    'grounded_vqa': 'a question, such as: what is left of the apple?',
    'caption': 'may stay empty, or: the first words of the caption',
    'grounded_caption': 'may stay empty, or: the first words of the caption',
}
QUEUE_SIZE = 256  # waiting requests; our choice
MOST_LETTERS = 2000  # of a text, since a long list of names takes long; our choice
# Gradio keeps each request with its messages for good, and the last results of 10000
# sessions. Only what waits is needed: a session has no state here.
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
CLEARED = "() => [null, '', null, '', null, null, '']"

Example = tuple[str, str, str]  # image, task, text
Answer = tuple[np.ndarray, str, list[list], dict, str]


def build_page(
    inferencer: GLIPv2Inferencer,
    examples: Sequence[Example] = (),
    max_megapixels: float = 20,
    score_thr: float = SCORE,
) -> gr.Blocks:
    """Build the page; ``page.launch`` serves it.

    Args:
        inferencer: The model.
        examples: Image files with a task and a text, to click on.
        max_megapixels: Larger images are refused.
        score_thr: Where the score's slider starts.

    Returns:
        The page. Requests wait in a queue and are computed one after the other.
    """
    tasks = inferencer.tasks
    make_upload_folder()  # gradio reads where it is as each part is made
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=CLEAN_UP) as page:
        gr.Markdown(f'# {TITLE}\nFind, outline, ask and describe, by words.')
        with gr.Row():
            with gr.Column():
                image = gr.Image(
                    label='Image',
                    type='filepath',
                    sources=['upload', 'clipboard'],
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
                with gr.Accordion('Advanced', open=False):
                    sliders = [
                        gr.Slider(0, 1, score_thr, step=0.01, label='Least score'),
                        gr.Slider(
                            0.1, 1, 0.6, step=0.05, label='Most overlap of two boxes'
                        ),
                        gr.Slider(1, 300, 50, step=1, label='Most boxes'),
                    ]
                with gr.Row():
                    run = gr.Button('Run', variant='primary', elem_id='run')
                    clear = gr.Button('Clear', elem_id='clear')
            with gr.Column():
                drawn = gr.Image(
                    label='Result',
                    format='png',
                    interactive=False,
                    buttons=['download', 'fullscreen'],
                    height=360,
                    elem_id='drawn',
                )
                line = gr.Markdown(elem_id='line')
                sentence = gr.HTML(elem_id='sentence')
                table = gr.Dataframe(
                    headers=list(TABLE_HEAD), interactive=False, elem_id='table'
                )
                with gr.Accordion('JSON', open=False):
                    found = gr.JSON(elem_id='json', show_label=False)
                save = gr.Button('Save JSON', elem_id='save')
        inputs = [image, task, text, *sliders]
        outputs = [drawn, sentence, table, found, line]
        if examples:
            gr.Examples(
                [list(example) for example in examples],
                inputs=[image, task, text],
                cache_examples=False,
            )
        gr.on(
            [run.click, text.submit],
            make_answer(inferencer, max_megapixels),
            inputs,
            outputs,
            api_name='predict',
            concurrency_limit=1,
        )
        task.change(
            lambda name: gr.Textbox(placeholder=PLACEHOLDERS[name]),
            task,
            text,
            api_visibility='private',
            queue=False,
        )
        # In the browser: an answer of the server could come after the next upload.
        clear.click(None, None, [image, text, *outputs], js=CLEARED)
        save.click(None, found, None, js=SAVE_JSON)
    page.queue(max_size=QUEUE_SIZE, api_open=False)
    page.state_session_capacity = MOST_KEPT
    # Private: why gradio's version is fixed, and tested.
    page._queue.event_ids_to_events = LRUCache(MOST_KEPT)
    page._queue.event_analytics = LRUCache(MOST_KEPT)
    return page


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


def make_answer(
    inferencer: GLIPv2Inferencer, max_megapixels: float
) -> Callable[..., Answer]:
    """Make the function that the page calls.

    Args:
        inferencer: The model.
        max_megapixels: Larger images are refused.

    Returns:
        From image file, task, text, least score, overlap and most boxes to drawn
        image, sentence, table, JSON and summary.
    """

    # One thread for all: torch and OpenCV keep buffers per thread, and matplotlib draws
    # one image at a time.
    worker = ThreadPoolExecutor(1, thread_name_prefix='model')

    def predict(
        image: str | None,
        task: str,
        text: str,
        score_thr: float,
        nms_thr: float,
        max_per_img: int,
    ) -> Answer:
        if image is None:
            raise _refusal('there is no image: upload one, or click on an example')
        text = (text or '').strip()
        if not text and task not in CAPTION_TASKS:
            raise _refusal(f'the text is empty: give {PLACEHOLDERS.get(task, "one")}')
        if len(text) > MOST_LETTERS:
            raise _refusal(
                f'the text has {len(text)} letters, but {MOST_LETTERS} is the most'
            )
        start = time.perf_counter()
        try:
            result = worker.submit(
                inferencer,
                image,
                texts=text,
                task=task,
                score_thr=score_thr,
                pred_score_thr=score_thr,
                nms_thr=nms_thr,
                max_per_img=int(max_per_img),
                max_megapixels=max_megapixels,
                return_vis=True,
            ).result()
        except (ValueError, TypeError, ImportError) as error:
            raise _refusal(str(error)) from error
        except Exception as error:  # whatever it is, the others are served
            print_log(repr(error), logger='current', level=logging.ERROR)
            raise _refusal(
                'the server failed at this image; its log says why'
            ) from error
        (prediction,) = result['predictions']
        seconds = time.perf_counter() - start
        if 'error' in prediction:
            # Where the server keeps uploads is not shown.
            folder = f'{Path(image).parent}{os.sep}'
            raise _refusal(prediction['error'].replace(folder, ''))
        return (
            result['visualization'][0],
            sentence_html(prediction),
            table_rows(prediction),
            prediction,
            summary(prediction, seconds),
        )

    return predict


def _path_of(payload: ImageData | None) -> str | None:
    """Pass an upload on unread: gradio answers a broken one with a stack trace."""
    return None if payload is None else payload.path


def _refusal(message: str) -> gr.Error:
    return gr.Error(on_the_page(message), duration=20, print_exception=False)
