"""The demo's report: one HTML file that needs no other."""

import base64
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from ..drawing.sentence import mark_html
from .result import Result

TITLES = dict(
    detect='Detect by names', ground='Ground a sentence', segment='Segment by names',
    ask='Answer a question', describe='Describe, with boxes',
)  # fmt: skip
STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem;
       padding: 0 1rem }
main { display: grid; gap: 1.5rem;
       grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)) }
article { border: 1px solid #8884; border-radius: .6rem; overflow: hidden;
          display: flex; flex-direction: column }
img { width: 100%; display: block }
article > div { padding: .8rem 1rem; display: flex; flex-direction: column; flex: 1 }
h2 { font-size: 1rem; margin: 0 }
p { margin: .4rem 0 }
.asked { opacity: .75 }
code { display: block; font-size: .8rem; padding: .5rem; margin-top: auto;
       background: #8882; border-radius: .3rem; overflow-wrap: anywhere;
       user-select: all }
footer { margin-top: 2rem; opacity: .75 }
"""


def write_report(file: Path, results: Sequence[Result]) -> None:
    """Write the report.

    Args:
        file: ``.html``.
        results: What was found.
    """
    cards = ''.join(map(_card, results))
    seconds = sum(result.seconds for result in results)
    file.write_text(
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<title>glipv2: what one model does</title>\n<style>{STYLE}</style>\n'
        '<h1>What one model with one set of weights does</h1>\n'
        '<p>Each phrase has the colour of its boxes. The line below an image does the '
        'same in a terminal; a click selects it.</p>\n'
        f'<main>\n{cards}</main>\n'
        f'<footer>{len(results)} calls, {seconds:.1f} s</footer>\n</html>\n',
        'utf-8',
    )


def _card(result: Result) -> str:
    example = result.example
    asked = f'<p class="asked">{escape(example.text)}</p>' if example.text else ''
    words = ''.join(
        escape(text) if colour is None else mark_html(text, colour)
        for text, colour in result.parts
    )
    return (
        f'<article><img src="{_as_data(result.drawn)}" alt="{escape(result.words)}">'
        f'<div><h2>{TITLES[example.command]}</h2>{asked}<p>{words}</p>'
        f'<code>{escape(result.line)}</code></div></article>\n'
    )


def _as_data(image: Image.Image) -> str:
    buffer = BytesIO()
    image.save(buffer, 'JPEG', quality=88)
    return f'data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}'
