"""The page's field for an example: an image, a box drawn on it, and a name."""

import re

import gradio as gr

from ...text.nameless import name_of_nameless

NO_BOX = 'draw a box around the example, or write it as x1, y1, x2, y2'
# In the browser, as for the image: an old box is of another example.
NEW_EXAMPLE = "() => { document.getElementById('drawn_box')?.remove(); return ''; }"
Pairs = dict[str, list[tuple[str, list[float]]]]


def example_field() -> list[gr.components.Component]:
    """Make the field.

    Returns:
        Its image, its box and its name: the last inputs of a run.
    """
    with gr.Accordion('Show it by example', open=False):
        image = gr.Image(
            label='Example: draw a box on it',
            type='filepath',
            sources=['upload', 'clipboard'],
            image_mode=None,
            height=240,
            elem_id='example',
        )
        box = gr.Textbox(
            label='Box', placeholder='x1, y1, x2, y2 in pixels', elem_id='example_box'
        )
        name = gr.Textbox(
            label='Name', placeholder='may stay empty', elem_id='example_name'
        )
    image.change(None, None, box, js=NEW_EXAMPLE)
    return [image, box, name]


def read_example(image: str | None, box: str, name: str) -> Pairs | None:
    """Read the field.

    Args:
        image: File of the example; None: there is none.
        box: Four numbers.
        name: Of what it shows; empty: it has none.

    Returns:
        The inferencer's ``examples``; None if there is no image.

    Raises:
        ValueError: If the box is not four numbers.
    """
    if image is None:
        return None
    numbers = [
        part for part in re.split(r'[\s,;]+', (box or '').strip('[]() ')) if part
    ]
    try:
        corners = [float(number) for number in numbers]
    except ValueError:
        corners = []
    if len(corners) != 4:
        raise ValueError(f'the example has no box: {NO_BOX}')
    return {(name or '').strip() or name_of_nameless(1): [(image, corners)]}
