"""Any text and any JSON: each reader reads it or refuses it in one line, in time."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glipv2.benchmarks.faults.texts import COCO, DETECTION, GROUNDING
from glipv2.datasets.coco import check_content
from glipv2.datasets.odvg_record import detection_info, grounding_info, read_record
from glipv2.datasets.segmentation import canonical_segmentation
from glipv2.evaluation.calibration import read_boxes, read_stored
from glipv2.text.name_layout import clean_name
from glipv2.text.prompt import build_prompt

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['1', '1.0', 'http://[', 'a\nb', 'a\0', '\ud800', 10**30, 1e308])
)
ANY = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
LETTERS = st.text(st.sampled_from(' ._()ab\n\t\u00a0\u3002é🙂'), max_size=20)
LONG = 100_000


def refused_in_one_line(
    read: Callable[[], object], errors: type[Exception] | tuple = ValueError
) -> None:
    """Check how something is refused, if it is."""
    try:
        read()
    except errors as error:
        assert '\n' not in str(error)


@st.composite
def changed(draw: st.DrawFn, whole: dict) -> dict:
    """Put any value in any place of a record."""
    found = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 3))):
        place: dict | list = found
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], (dict, list)) or draw(st.booleans()):
                place[key] = draw(ANY)
                break
            place = place[key]
    return found


@given(LETTERS | st.lists(LETTERS, max_size=3), st.booleans(), ANY)
def test_prompts(text: str | list[str], is_list: bool, spans: object) -> None:
    def read() -> None:
        found = build_prompt(text, is_list, spans)
        for begin, end in (span for spans in found.tokens_positive for span in spans):
            assert 0 <= begin < end <= len(found.text)

    refused_in_one_line(read, (ValueError, TypeError))


@given(changed(COCO), st.booleans())
def test_coco_files(content: dict, has_images: bool) -> None:
    def read() -> None:
        found = check_content(content, 'x.json', '.' if has_images else None)
        found.refuse_faults()
        found.refuse_bad_boxes()

    refused_in_one_line(read)


@given(changed(DETECTION) | changed(GROUNDING))
def test_odvg_records(record: dict) -> None:
    def report(problem: ValueError) -> None:
        assert '\n' not in str(problem)

    def read() -> None:
        found = read_record(json.dumps(record).encode())
        if 'detection' in found:
            detection_info(found, {'0': 'cat'}, 'images', report)
        else:
            grounding_info(found, 'images', 0.0, report)

    refused_in_one_line(read)


@given(ANY, st.sampled_from([0, 1, 20]), st.sampled_from([0, 1, 30]))
def test_segmentations(value: object, height: int, width: int) -> None:
    refused_in_one_line(lambda: canonical_segmentation(value, height, width))


@given(st.text(st.sampled_from('0o`bi\x7fé'), max_size=12))
def test_counts_of_an_rle(counts: str) -> None:
    value = dict(size=[20, 30], counts=counts)
    refused_in_one_line(lambda: canonical_segmentation(value, 20, 30))


BOXES = dict(boxes=dict(scores=[0.5, 0.1], right=[True, False], names=['a', 'b']))


@given(
    st.binary(max_size=40)
    | (ANY | changed(BOXES)).map(lambda value: json.dumps(value).encode())
)
def test_results(folder: Path, content: bytes) -> None:
    path = folder / 'stored.json'
    path.write_bytes(content)
    refused_in_one_line(lambda: read_stored(path))
    refused_in_one_line(lambda: read_boxes(path))


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder that examples share."""
    return tmp_path_factory.mktemp('results')


def sized(side: object, mask: object) -> Callable[[], object]:
    """Read a COCO file with an image of some side and a mask without area."""
    content = json.loads(json.dumps(COCO))
    content['images'][0].update(height=side, width=side)
    content['annotations'][0].update(area=None, segmentation=mask)
    return partial(check_content, content, 'x.json')


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    'read',
    [
        sized(2**31 - 1, [[1, 2, 2**30, 2, 9, 2**30]]),
        sized(10**9, [[0, 0, 10**9, 0, 10**9, 10**9]]),
        sized(10**30, [[1, 2, 9, 2, 9, 9]]),
        sized(float(2**40), dict(size=[2**40] * 2, counts=[2**80])),
        sized(65_535, [[0, 0, 65_535, 0, 65_535, 65_535, 0, 65_535]]),
        partial(canonical_segmentation, dict(size=[2, 2], counts='o' * LONG), 2, 2),
        partial(canonical_segmentation, [[[[]] * LONG]], 2, 2),
        partial(clean_name, '(' * LONG + ')' * LONG),
        partial(clean_name, '(' * LONG),
        partial(build_prompt, 'a' + ' ' * LONG + 'b', custom_entities=True),
        partial(build_prompt, 'a' + '.' * LONG + 'b', custom_entities=True),
        partial(build_prompt, 'a' + ' .' * LONG + 'b', custom_entities=True),
    ],
)
def test_time_is_bounded(read: Callable[[], object]) -> None:
    refused_in_one_line(read)
