"""The notebook runs from top to bottom, offline, and shows what it is for."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from glipv2.text.tasks import TASKS

TUTORIAL = Path(__file__).resolve().parents[1] / 'demo' / 'tutorial.ipynb'
IMAGES = 6  # one of the data, five of predictions


@pytest.fixture(scope='module')
def notebook() -> NotebookNode:
    """Read the notebook as it is committed."""
    return nbformat.read(TUTORIAL, as_version=4)


def test_what_it_shows_is_committed(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    images = [
        output
        for cell in notebook.cells
        for output in cell.get('outputs', ())
        if 'image/png' in output.get('data', {})
    ]
    assert len(images) == IMAGES
    text = nbformat.writes(notebook)
    assert str(Path.home()) not in text
    assert str(TUTORIAL.parents[1]) not in text


def texts_of(cell: NotebookNode) -> str:
    """Join what a cell printed and returned."""
    return ''.join(
        output.get('text') or output.get('data', {}).get('text/plain', '')
        for output in cell.outputs
    )


@pytest.mark.timeout(600)
def test_every_cell_runs(notebook: NotebookNode) -> None:
    resources = dict(metadata=dict(path=str(TUTORIAL.parent)))
    client = NotebookClient(notebook, timeout=500, resources=resources)
    done = client.execute()  # raises with the cell and its error
    cells = {
        line: cell
        for cell in done.cells
        if cell.cell_type == 'code'
        for line in cell.source.splitlines()
    }
    losses = texts_of(cells['runner.train()']).partition('step: ')[2]
    assert len(losses.split(',')) == 4
    assert 'nan' not in losses
    assert all(f"'{task}'" in texts_of(cells['inferencer.tasks']) for task in TASKS)
    assert "'answers'" in texts_of(cells["found['predictions'][0]"])
    assert 'it is no image' in texts_of(
        cells['found = inferencer(images, texts=names, batch_size=2)']
    )
    drawn = [
        output
        for cell in done.cells
        for output in cell.get('outputs', ())
        if 'image/png' in output.get('data', {})
    ]
    assert len(drawn) == IMAGES
