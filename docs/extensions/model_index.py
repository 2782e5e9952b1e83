"""The directive ``model-index``: tables of what configs/*/metafile.yml name."""

import ast
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
INDEX = 'model-index.yml'


class ModelIndex(SphinxDirective):
    """A heading and a table for each metafile of the index."""

    def run(self) -> list[nodes.Node]:
        """Make the tables.

        Returns:
            Their nodes.
        """
        metafiles = yaml.safe_load((ROOT / INDEX).read_text('utf-8'))['Import']
        lines: list[str] = []
        for metafile in metafiles:
            self.env.note_dependency(str(ROOT / metafile))
            lines += table_of(ROOT / metafile)
        return self.parse_text_to_nodes('\n'.join(lines), allow_section_headings=True)


def table_of(metafile: Path) -> list[str]:
    """Write a metafile's models as a Markdown table.

    Args:
        metafile: A ``metafile.yml`` below ``configs``.

    Returns:
        Its lines, with a heading.
    """
    models = yaml.safe_load(metafile.read_text('utf-8'))['Models']
    lines = [
        f'## {metafile.parent.name}',
        '',
        '| model | what it is | results |',
        '|---|---|---|',
    ]
    for model in models:
        purpose = purpose_of(ROOT / model['Config'])
        lines.append(f'| `{model["Name"]}` | {purpose} | {results_of(model)} |')
    return [*lines, '']


def purpose_of(config: Path) -> str:
    """Read what a config is for: the first line of its docstring.

    Args:
        config: Its file.

    Returns:
        The line.

    Raises:
        ValueError: If the config has no docstring (names it).
    """
    docstring = ast.get_docstring(ast.parse(config.read_text('utf-8')))
    if not docstring:
        raise ValueError(f'{config} has no docstring with its purpose')
    return docstring.splitlines()[0]


def results_of(model: dict[str, Any]) -> str:
    """Write a model's measured results in one line.

    Args:
        model: Its entry of a metafile.

    Returns:
        Such as ``'EmojiScenes: box AP 68.9'``; a dash without results.
    """
    texts = []
    for result in model.get('Results') or []:
        metrics = ', '.join(
            f'{key} {value}' for key, value in result['Metrics'].items()
        )
        texts.append(f'{result["Dataset"]}: {metrics}')
    return '; '.join(texts) or '–'
