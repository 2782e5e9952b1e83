"""Run demo/tutorial.ipynb and store what its cells show in it."""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIAL = Path(__file__).resolve().parents[2] / 'demo' / 'tutorial.ipynb'


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    notebook = nbformat.read(TUTORIAL, as_version=4)
    resources = dict(metadata=dict(path=str(TUTORIAL.parent)))
    NotebookClient(notebook, timeout=1800, resources=resources).execute()
    for cell in notebook.cells:
        cell.metadata.pop('execution', None)  # times of day
        if cell.cell_type == 'code':
            cell.outputs = [x for x in cell.outputs if x.get('name') != 'stderr']
    nbformat.write(notebook, TUTORIAL)


if __name__ == '__main__':
    main()
