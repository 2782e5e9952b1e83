"""The web page's tab that labels a handful of images."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from html import escape
from pathlib import Path
from shutil import rmtree

import gradio as gr
from gradio.components.file import ListFiles

from ..apis.web.answers import (
    PLACEHOLDERS,
    Answers,
    errors_on_the_page,
    refusal,
    refuse_long,
)
from ..apis.web.messages import on_the_page
from .command import names_of
from .formats import WRITERS
from .handful import label_handful
from .write import describe

TITLE = 'Label'
# Our choices.
MOST_IMAGES = 20
MOST_NAMES = 20  # each has its own part of the contact sheet
LEAST_SCORE = 0.05  # that can be asked for
SHEET_HEIGHT = 720  # px


def add_label_tab(answers: Answers, score_thr: float) -> None:
    """Add the tab's parts, into the tab that is open.

    Args:
        answers: Of the page, with its model.
        score_thr: Where the score's slider starts.
    """
    with gr.Row():
        with gr.Column():
            images = gr.File(
                label=f'Images, {MOST_IMAGES} at most',
                file_count='multiple',
                file_types=['image'],
                height=200,
                elem_id='label_images',
            )
            images.preprocess = _paths_of
            names = gr.Textbox(
                label='Names',
                placeholder=PLACEHOLDERS['detection'],
                elem_id='label_names',
            )
            formats = gr.CheckboxGroup(
                list(WRITERS), value=['coco'], label='Formats', elem_id='label_formats'
            )
            score = gr.Slider(
                LEAST_SCORE,
                1,
                max(score_thr, LEAST_SCORE),
                step=0.01,
                label='Least score of a box',
            )
            run = gr.Button('Label', variant='primary', elem_id='label_run')
        with gr.Column():
            archive = gr.File(label='Labels', interactive=False, elem_id='label_zip')
            said = gr.Textbox(
                label='What was done', lines=4, interactive=False, elem_id='label_said'
            )
    sheet = gr.HTML(elem_id='label_sheet')
    tab = LabelTab(answers, Path(archive.GRADIO_CACHE))
    run.click(
        tab.label,
        [images, names, formats, score],
        [archive, said, sheet],
        api_name='label',
        show_progress_on=archive,
        concurrency_limit=1,
    )


class LabelTab:
    """Labels images that clients uploaded.

    Args:
        answers: Of the page, with its model.
        folder: Of uploads and results, from which gradio removes old ones.
    """

    def __init__(self, answers: Answers, folder: Path) -> None:
        self.answers = answers
        self.folder = folder

    def label(
        self,
        images: Sequence[str] | None,
        names: str,
        formats: Sequence[str],
        score: float,
        progress: gr.Progress = gr.Progress(),  # noqa: B008, gradio's way to ask for it
    ) -> tuple[str, str, str]:
        """Label images.

        Args:
            images: Files; None: none were given.
            names: What is searched for.
            formats: Of the labels.
            score: Least score of a box.
            progress: Of gradio, to show how far it is.

        Returns:
            Zip file, what was done, and the contact sheet as HTML.

        Raises:
            Error: In the words of the page.
        """
        paths = [Path(image) for image in images or ()]
        with errors_on_the_page(), _new_folder(self.folder) as place:
            found = label_handful(
                paths,
                _checked(paths, names, formats),
                formats,
                score,
                place / 'labels.zip',
                # Only the model's thread computes, and others have their turn there.
                partial(self.answers.in_thread, self.answers.inferencer),
                self.answers.max_megapixels,
                lambda done: progress((done, len(paths)), unit='images'),
            )
        lines = [describe(found.summary), *map(on_the_page, found.lines)]
        return str(place / 'labels.zip'), '\n'.join(lines), _frame(found.sheet)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Make a folder that nobody can guess; after an error it is removed."""
    place = folder / secrets.token_hex(32)
    place.mkdir(0o700, parents=True)
    try:
        yield place
    except BaseException:
        rmtree(place)
        raise


def _checked(
    images: Sequence[Path], names: str, formats: Sequence[str]
) -> tuple[str, ...]:
    if not images:
        raise refusal('there is no image: upload some')
    if len(images) > MOST_IMAGES:
        raise refusal(f'there are {len(images)} images, but {MOST_IMAGES} is the most')
    if not (names or '').strip():
        raise refusal(f'there are no names: give {PLACEHOLDERS["detection"]}')
    refuse_long(names)
    if not formats:
        raise refusal('there is no format: choose one')
    wanted = names_of(names)
    if len(wanted) > MOST_NAMES:
        raise refusal(f'there are {len(wanted)} names, but {MOST_NAMES} is the most')
    return wanted


def _frame(sheet: str) -> str:
    """Show a whole page in one of its own, without scripts or forms."""
    return (
        f'<iframe sandbox srcdoc="{escape(sheet)}" title="Contact sheet" '
        f'style="width: 100%; height: {SHEET_HEIGHT}px; border: 0"></iframe>'
    )


def _paths_of(payload: ListFiles | None) -> list[str] | None:
    """Pass uploads on unread, without the files that gradio would make of them."""
    return None if payload is None else [file.path for file in payload]
