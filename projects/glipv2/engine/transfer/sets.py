"""Small sets in a folder: ODinW's by name, any other by its own folder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mmengine.config import Config

from ...data_page import section_of
from ...shipped import shipped

SPLITS = ('train', 'val', 'test')
ROBOFLOW = '_annotations.coco.json'  # as Roboflow exports it
GROUPS = ('odinw13', 'odinw35')


@dataclass(frozen=True)
class TransferSet:
    """A small set, and where its parts are.

    Args:
        name: ODinW's name, or the folder below the folder of all sets.
        root: Its folder.
        layout: Per split the folder of the images below ``root``, and what comes
            before the name of the annotation file.
        ann_file: Name of the annotation files.
        classes: Names in the files; None: whichever the files have.
        prompts: ``caption_prompt`` of the data sets.
    """

    name: str
    root: Path
    layout: Mapping[str, Sequence[str]]
    ann_file: str
    classes: tuple[str, ...] | None = None
    prompts: Mapping | None = None

    def part(self, split: str) -> dict:
        """Describe a split by the keys of ``CocoTextDataset``."""
        folder, start = self.layout[split]
        return dict(
            data_root=f'{self.root}/',
            ann_file=folder + start + self.ann_file,
            data_prefix=dict(img=folder),
            metainfo=dict(classes=self.classes) if self.classes else {},
            caption_prompt=self.prompts,
        )

    def annotations(self, split: str) -> Path:
        """Name the annotation file of a split."""
        return self.root / self.part(split)['ann_file']


@lru_cache
def odinw_table() -> Config:
    """Read the table of ODinW's sets: ``odinw_sets``, ``odinw13`` and others."""
    return Config.fromfile(shipped('configs') / '_base_/datasets/odinw_sets.py')


def find_set(data: Path, name: str, ann_file: str | None = None) -> TransferSet:
    """Find a set by its name.

    Args:
        data: Folder of the sets.
        name: ODinW's name of a set, or a folder below ``data``.
        ann_file: Name of the annotation files; None: GLIP's, else Roboflow's.

    Returns:
        The set; of one that ODinW's table has, with its names and prompts.

    Raises:
        FileNotFoundError: If there is no annotation file to train on.
    """
    table = odinw_table()
    files = (ann_file,) if ann_file else (table.odinw_ann_file, ROBOFLOW)
    folder = f'{name.strip("/")}/'
    for known, entry in table.odinw_sets.items():
        if name == known or folder == entry['root']:
            layout = table.odinw_layouts[entry.get('layout', 'folders')]
            for file in files:
                found = TransferSet(
                    known, data / entry['root'], layout, file,
                    tuple(entry['classes']), entry.get('prompts'),
                )  # fmt: skip
                if found.annotations('train').is_file():
                    return found
    for file in files:
        for layout in ('folders', 'one_folder'):
            found = TransferSet(name, data / name, table.odinw_layouts[layout], file)
            if found.annotations('train').is_file():
                return found
    raise FileNotFoundError(
        f'{data} has no set {name!r}: there is no {data / name}/train/{files[0]}: see '
        f'{section_of(str(data / name / files[0]))}'
    )


def names_of_sets(
    data: Path, wanted: Sequence[str] | None, ann_file: str | None = None
) -> tuple[list[str], list[str]]:
    """List the sets to run.

    Args:
        data: Folder of the sets.
        wanted: Names, folders, or ``odinw13`` and ``odinw35``; None: all of ODinW
            that are there, or if none is, every set in any folder below ``data``.
        ann_file: Name of the annotation files, as for :func:`find_set`.

    Returns:
        Names for :func:`find_set`, and names of ODinW's sets that are absent.
    """
    table = odinw_table()
    if wanted is not None:
        groups = dict(zip(GROUPS, (table.odinw13, table.odinw_sets)))
        names = [x for name in wanted for x in groups.get(name, [name])]
        return list(dict.fromkeys(names)), []
    present = [name for name in table.odinw_sets if _is_there(data, name, ann_file)]
    if present:
        return present, [name for name in table.odinw_sets if name not in present]
    found = []
    for folder, inner, _ in os.walk(data, followlinks=True):
        name = Path(folder).relative_to(data).as_posix()
        if _is_there(data, name, ann_file):
            found.append(name)
            inner.clear()
    return sorted(found), []


def _is_there(data: Path, name: str, ann_file: str | None) -> bool:
    try:
        find_set(data, name, ann_file)
    except FileNotFoundError:
        return False
    return True
