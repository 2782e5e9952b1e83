"""Labels a handful of images that need not be kept, into one archive."""

import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmdet.apis.det_inferencer import IMG_EXTENSIONS

from ..engine.line_journal import LineJournal
from ..progress import no_progress
from .answers import Answers
from .filters import Filters
from .image_list import write_image_list
from .job import LEAST_SCORE, LabelJob, Wanted
from .review import FILE as SHEET
from .stems import Stems
from .write import Summary, check_wanted, write_labels

FOLDER = 'images'  # as formats that name the folder of the images call it
MODEL = 'GLIPv2'  # as Label Studio calls it


@dataclass(frozen=True)
class Handful:
    """What became of some images.

    Args:
        summary: What was found.
        lines: Why images were skipped, one line each.
        sheet: The page to look through, HTML.
    """

    summary: Summary
    lines: list[str]
    sheet: str


def label_handful(
    images: Sequence[Path],
    names: tuple[str, ...],
    formats: Sequence[str],
    score: float,
    archive: Path,
    inferencer: Callable[..., dict],
    max_megapixels: float,
    tell: Callable[[int], Any] = lambda done: None,
) -> Handful:
    """Label some images as ``glipv2 label`` does, and keep nothing but the archive.

    Args:
        images: Files; of equal names all but the first get others.
        names: What is searched for.
        formats: Of ``formats.WRITERS``.
        score: Least score of a box.
        archive: Zip file to write: the formats' files and ``review.html``, no images.
        inferencer: The model, called as ``GLIPv2Inferencer`` is.
        max_megapixels: Larger images are skipped.
        tell: Is called with how many images are done.

    Returns:
        What was found; no line names a folder.

    Raises:
        ValueError: If a format is unknown, or no file has the name of an image.
    """
    wanted = Wanted(
        tuple(dict.fromkeys(formats)), Filters(score=score), review=True
    )  # fmt: skip
    with TemporaryDirectory(prefix='glipv2-label-') as place, no_progress():
        folder = Path(place).resolve() / FOLDER
        job = LabelJob(
            folder, folder.with_name('labels'), names, model=MODEL,
            floor=min(LEAST_SCORE, score),
        )  # fmt: skip
        check_wanted(job, wanted)
        lines = _link_images(images, folder)
        job.begin()
        write_image_list(job)
        model = Answers(
            job, inferencer=inferencer, max_megapixels=max_megapixels
        )  # fmt: skip
        for done in _ask(model):
            tell(done)
        summary = write_labels(job, wanted)
        summary.images, summary.skipped = len(images), summary.skipped + len(lines)
        lines += [_without_folder(line, folder) for line in _skipped(job)]
        _pack(job.out, [*wanted.formats, SHEET], archive)
        return Handful(summary, lines, (job.out / SHEET).read_text(encoding='utf-8'))


def _link_images(images: Sequence[Path], folder: Path) -> list[str]:
    """Link images into a folder; returns what is said of files that are none."""
    folder.mkdir()
    stems, lines = Stems(), []
    for image in images:
        if image.suffix.lower() not in IMG_EXTENSIONS:
            endings = ' '.join(IMG_EXTENSIONS)
            lines.append(f'{image.name}: its name does not end as an image ({endings})')
            continue
        os.symlink(image, folder / f'{stems.of(image.name)}{image.suffix}')
    if len(lines) == len(images):
        raise ValueError('; '.join(lines))
    return lines


def _ask(model: Answers) -> Iterator[int]:
    job = model.job
    journal = LineJournal(job.answers)
    with open(job.list_file, encoding='utf-8') as file:
        for row, line in enumerate(file):
            journal.write([(row, *model.of([json.loads(line)]))])
            yield row + 1
    journal.merge(job.skipped)


def _skipped(job: LabelJob) -> Iterator[str]:
    with open(job.skipped, encoding='utf-8') as file:
        for line in file:
            answer = json.loads(line)
            yield f'{answer["file_name"]}: {answer["skipped"]}'


def _without_folder(line: str, folder: Path) -> str:
    return line.replace(f'{folder}{os.sep}', '')


def _pack(folder: Path, parts: Sequence[str], archive: Path) -> None:
    """Write the files of some parts of a folder, but no links."""
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as out:
        for part in parts:
            within = folder / part
            files = [within] if within.is_file() else sorted(within.rglob('*'))
            for file in files:
                if file.is_file() and not file.is_symlink():
                    out.write(file, file.relative_to(folder))
