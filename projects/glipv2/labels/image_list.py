"""The images of a folder, in an order that stays."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from mmdet.apis.det_inferencer import IMG_EXTENSIONS

from ..whole_file import replaced
from .job import LabelJob
from .names_on_disk import NamesOnDisk


def write_image_list(job: LabelJob) -> None:
    """List the images of a job once; a resumed job keeps its list.

    Args:
        job: The job.

    Raises:
        OSError: If there is no such folder or file of captions.
        ValueError: If there is no image, or a name has a line break.
    """
    if job.list_file.is_file():
        return
    if not job.folder.is_dir():
        raise FileNotFoundError(f'there is no folder {job.folder}')
    lines = _captioned(job) if job.captions else _images_in(job.folder, job.out)
    count = 0
    with replaced(job.list_file) as file:
        for line in lines:
            if count == job.limit:
                break
            file.write(json.dumps(line, ensure_ascii=False).encode() + b'\n')
            count += 1
    if not count:
        job.list_file.unlink()
        raise ValueError(f'there is no image in {job.captions or job.folder}')


def count_lines(path: Path) -> int:
    """Count the lines of a file.

    Args:
        path: The file.
    """
    with open(path, 'rb') as file:
        return sum(1 for _ in file)


def _images_in(folder: Path, out: Path) -> Iterator[dict]:
    """Go through a folder; its own labels, if they are below it, are left out."""
    here = out.resolve()
    names = NamesOnDisk()
    with os.scandir(folder) as entries:
        for entry in entries:
            names.add(entry.name)
    for name in names:
        path = folder / name
        if path.is_dir():
            if path.resolve() != here and not name.startswith('.'):
                for line in _images_in(path, out):
                    yield dict(file_name=f'{name}/{line["file_name"]}')
        elif path.suffix.lower() in IMG_EXTENSIONS:
            yield dict(file_name=name)


def _captioned(job: LabelJob) -> Iterator[dict]:
    with open(job.captions, encoding='utf-8-sig') as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
                name, caption = line['filename'], line['caption']
                inside = Path(name).parts
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f'{job.captions}, line {number}: no JSON object with filename and '
                    'caption'
                ) from error
            if Path(name).is_absolute() or '..' in inside or not inside:
                raise ValueError(
                    f'{job.captions}, line {number}: {name!r} is no file in the folder'
                )
            yield dict(file_name=Path(*inside).as_posix(), caption=str(caption))
