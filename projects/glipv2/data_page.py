"""Which page of the documentation says how missing data are had."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

# Sections of docs/data.md by the file or folder that is missing; the first that fits.
SECTIONS = (
    ('*/mdetr_annotations/*', 'RefCOCO, RefCOCO+, RefCOCOg'),
    ('*/d3_{json,pkl,images}/*', 'D3'),
    ('*/omnilabel/*', 'OmniLabel'),
    ('*/dataset_coco.json', 'COCO captions'),
    ('*/v2_*_{questions,annotations}.json', 'VQAv2'),
    ('*/vqav2/*', 'VQAv2'),
    ('*/lvis_v1*', 'LVIS v1'),
    ('*/objects365v1/*', 'Objects365 v1'),
    ('*/objects365v2/*', 'Objects365 v2'),
    ('*/OpenImages/*', 'OpenImages v6'),
    ('*/visual_genome/*', 'Visual Genome boxes'),
    ('*/imagenet_boxes/*', 'ImageNet boxes'),
    ('*/flickr30k_entities/*', 'Flickr30k Entities'),
    ('*/gqa/*', 'GoldG'),
    ('*/cap4m/*', 'Captions with pseudo labels'),
    ('*/cc15m_sbu/*', 'Captions with pseudo labels'),
    ('*/phrasecut/*', 'PhraseCut'),
    ('*/refer_{train,val,test,miniv}.json', 'PhraseCut'),
    ('*/odinw/*', 'ODinW'),
    ('*/emoji_scenes*/*', 'EmojiScenes'),
    ('*/emoji_odinw/*', 'EmojiScenes'),
    ('*/coco/*', 'COCO 2017'),
    ('*/instances_{train,val}2017*.json', 'COCO 2017'),
)
LABELS = '*/coco/{train,val}.json/'  # of `glipv2 label`, which docs/labels.md describes


def missing_data(
    path: str | Path, what: str = 'file', key: str = ''
) -> FileNotFoundError:
    """Make the error of data that are not there.

    Args:
        path: The missing file or folder.
        what: What it is.
        key: Where a config names it, or what makes it; ``''``: nothing is said.

    Returns:
        The error, with the page that says how to get it.
    """
    place = f' ({key})' if key else ''
    return FileNotFoundError(
        f'there is no {what} {path}{place}: see {section_of(str(path))}'
    )


def section_of(path: str) -> str:
    """Name the page, and the section, that says how to get a file.

    Args:
        path: A missing file or folder.

    Returns:
        Such as ``'docs/data.md, section "LVIS v1"'``; data that no section describes
        are the user's own.
    """
    # Between slashes, so that each part of a relative path has one before it.
    place = f'/{path.rstrip("/")}/'
    if any(fnmatch(place, one) for one in _alternatives(LABELS)):
        return 'docs/labels.md'
    for pattern, section in SECTIONS:
        for one in _alternatives(pattern):
            if fnmatch(place, one) or fnmatch(place, f'{one}/'):
                return f'docs/data.md, section "{section}"'
    return 'docs/own_data.md'


def _alternatives(pattern: str) -> Iterator[str]:
    """Write out the braces of a pattern, which fnmatch does not know."""
    head, brace, rest = pattern.partition('{')
    if not brace:
        yield pattern
        return
    choices, _, tail = rest.partition('}')
    for choice in choices.split(','):
        yield from _alternatives(head + choice + tail)
