"""A page to look through: the scores of each name, its best and its worst boxes."""

import base64
import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

import cv2
import numpy as np

from ..datasets.transforms.load_image import LoadImage
from ..progress import progress
from ..whole_file import replaced
from .job import LabelJob, Wanted
from .labelled import all_answers, labelled

FILE = 'review.html'
SHOWN = 12  # boxes of a kind
SIDE = 128  # of a shown box, px
MARGIN = 0.25  # around it, of its longer side
BINS = 20
STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
       padding: 0 1rem }
section { border-top: 1px solid #8886; padding: .5rem 0 1rem }
h2 { font-size: 1.1rem; margin: .4rem 0 } h3 { font-size: .85rem; margin: .6rem 0 .2rem;
     font-weight: 500; opacity: .75 }
.row { display: flex; flex-wrap: wrap; gap: .4rem }
figure { margin: 0; width: 128px; font-size: .75rem; overflow-wrap: anywhere }
figure img { width: 128px; height: 128px; object-fit: contain; background: #8882 }
svg { width: 20rem; height: 3.5rem } rect { fill: #0072b2 } line { stroke: #d55e00 }
nav a { margin-right: .8rem }
"""

Shown = tuple[float, int, str, dict]  # key, place, file name, object
Place = tuple[str | float, ...]  # file name and box


@dataclass
class Seen:
    """What is kept of a name.

    Args:
        counts: (BINS,) boxes by score, labels or not.
        labels: How many boxes are labels.
        best: The labels with the highest scores.
        worst: The labels with the lowest.
        doubtful: Boxes nearest to the threshold, above or below.
    """

    counts: np.ndarray = field(default_factory=lambda: np.zeros(BINS, int))
    labels: int = 0
    best: list[Shown] = field(default_factory=list)
    worst: list[Shown] = field(default_factory=list)
    doubtful: list[Shown] = field(default_factory=list)


def write_review(job: LabelJob, wanted: Wanted) -> None:
    """Write ``review.html``, which needs no server and no other file.

    Args:
        job: A job that is complete.
        wanted: Its filters say which boxes are labels.
    """
    seen = {name: Seen() for name in job.names}
    place = 0
    for answer in all_answers(job):
        for each in answer['objects']:
            place += 1
            of_name = seen.setdefault(each['name'], Seen())
            of_name.counts[min(int(each['score'] * BINS), BINS - 1)] += 1
            away = abs(each['score'] - wanted.filters.threshold(each['name']))
            _keep(of_name.doubtful, (-away, -place, answer['file_name'], each))
    for image in labelled(job, wanted):
        for each in image.objects:
            place += 1
            of_name = seen[each['name']]
            of_name.labels += 1
            entry = (-place, image.file_name, each)
            _keep(of_name.best, (each['score'], *entry))
            _keep(of_name.worst, (-each['score'], *entry))
    with replaced(job.out / FILE) as file:
        title = escape(f'Labels of {job.folder.name}')
        links = ''.join(
            f'<a href="#name{number}">{escape(name)}</a> '
            for number, name in enumerate(seen)
        )
        file.write(
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            f'<title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n'
            f'<nav>{links}</nav>\n'.encode()
        )
        for number, (name, of_name) in progress(
            list(enumerate(seen.items())), 'Names to look through', len(seen)
        ):
            threshold = wanted.filters.threshold(name)
            file.write(_section(number, name, of_name, threshold, job).encode())
        file.write(b'</html>\n')


def _keep(entries: list[Shown], entry: Shown) -> None:
    push = heapq.heappush if len(entries) < SHOWN else heapq.heappushpop
    push(entries, entry)


def _section(
    number: int, name: str, seen: Seen, threshold: float, job: LabelJob
) -> str:
    cuts = _cuts([*seen.best, *seen.worst, *seen.doubtful], job)
    rows = ''.join(
        f'<h3>{title}</h3><div class="row">{_figures(entries, cuts)}</div>'
        for title, entries in (
            ('the surest', seen.best),
            ('the least sure labels', seen.worst),
            (f'nearest to the threshold {threshold:g}', seen.doubtful),
        )
        if entries
    )
    return (
        f'<section id="name{number}"><h2>{escape(name)}: {seen.labels} labels</h2>'
        f'{_histogram(seen.counts, threshold)}{rows}</section>\n'
    )


def _histogram(counts: np.ndarray, threshold: float) -> str:
    top = max(int(counts.max()), 1)
    bars = ''.join(
        f'<rect x="{5 * place}" y="{20 - 20 * count / top:.2f}" width="4.6" '
        f'height="{20 * count / top:.2f}"><title>{count}</title></rect>'
        for place, count in enumerate(counts)
        if count
    )
    at = 5 * BINS * threshold
    return (
        f'<svg viewBox="0 0 {5 * BINS} 20" preserveAspectRatio="none" role="img" '
        f'aria-label="boxes by score">{bars}'
        f'<line x1="{at}" x2="{at}" y1="0" y2="20" stroke-width=".6"/></svg>'
    )


def _cuts(entries: Iterable[Shown], job: LabelJob) -> dict[Place, str]:
    """Cut boxes out of their images, each of which is read once."""
    boxes: dict[str, dict[Place, list[float]]] = {}
    for _, _, file_name, found in entries:
        boxes.setdefault(file_name, {})[_place_of(file_name, found)] = found['box']
    load, cuts = LoadImage(), {}
    for file_name, of_image in boxes.items():
        try:
            image = load.read(str(job.folder / file_name))
        except OSError:  # gone since it was looked at
            continue
        cuts.update((place, _cut(image, box)) for place, box in of_image.items())
    return cuts


def _figures(entries: Iterable[Shown], cuts: Mapping[Place, str]) -> str:
    figures = []
    for _, _, file_name, found in sorted(entries, key=lambda x: x[:2], reverse=True):
        text = escape(f'{found["score"]:.2f} {file_name}')
        shown = cuts.get(_place_of(file_name, found))
        if shown is None:
            figures.append(f'<figure>{text} (cannot be read)</figure>')
            continue
        figures.append(f'<figure><img src="{shown}" alt="">{text}</figure>')
    return ''.join(figures)


def _place_of(file_name: str, found: dict) -> Place:
    return file_name, *found['box']


def _cut(image: np.ndarray, box: list[float]) -> str:
    """Cut a box out with some margin, as the address of a JPEG."""
    left, top, right, bottom = box
    room = MARGIN * max(right - left, bottom - top)
    height, width = image.shape[:2]
    x1, y1 = max(int(left - room), 0), max(int(top - room), 0)
    x2 = max(min(int(right + room) + 1, width), x1 + 1)
    y2 = max(min(int(bottom + room) + 1, height), y1 + 1)
    part = image[y1:y2, x1:x2].copy()
    scale = SIDE / max(part.shape[:2])
    size = [max(round(side * scale), 1) for side in part.shape[1::-1]]
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    corners = [
        round((at - start) * scale)
        for at, start in zip(box, (x1, y1, x1, y1))
    ]  # fmt: skip
    cv2.rectangle(part, corners[:2], corners[2:], (0, 94, 213), 1, cv2.LINE_AA)
    _, content = cv2.imencode('.jpg', part, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return f'data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}'
