"""A tiny model with its files, and images of mixed sizes."""

from pathlib import Path

import pytest

from glipv2.apis import GLIPv2Inferencer
from tests.tiny_files import HEADS, MASK_HEAD, write_images, write_model


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a detector that also outlines."""
    return write_model(tmp_path_factory.mktemp('model'), mask_head=MASK_HEAD)


@pytest.fixture(scope='session')
def checkpoint_of_all_tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model with every head."""
    return write_model(tmp_path_factory.mktemp('all_tasks'), **HEADS)


@pytest.fixture(scope='session')
def inferencer(checkpoint: Path) -> GLIPv2Inferencer:
    """Build the detector from its checkpoint alone."""
    return GLIPv2Inferencer(weights=checkpoint, device='cpu', show_progress=False)


@pytest.fixture(scope='session')
def all_tasks(checkpoint_of_all_tasks: Path) -> GLIPv2Inferencer:
    """Build the model with every head."""
    files = dict(weights=checkpoint_of_all_tasks, device='cpu')
    return GLIPv2Inferencer(**files, show_progress=False)


@pytest.fixture(scope='session')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write images of mixed sizes."""
    return write_images(tmp_path_factory.mktemp('pictures'))
