"""The page's own JavaScript."""

from pathlib import Path

HERE = Path(__file__).parent


def page_script(name: str) -> str:
    """Read a script for the page's load, with what scripts share.

    Args:
        name: Of a file beside this one, which is a function.

    Returns:
        A function, as gradio takes it.
    """
    shared = (HERE / 'image_place.js').read_text()
    return f'() => {{\n{shared}\n({(HERE / name).read_text()})();\n}}'
