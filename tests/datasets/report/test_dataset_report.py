"""What the data check inspects, writes and draws."""

from pathlib import Path

from PIL import Image

from glipv2.datasets.report.inspect_dataset import Findings, TextSettings
from glipv2.datasets.report.leaves import leaf_configs
from glipv2.datasets.report.problems import NO_IMAGE, Problems
from glipv2.datasets.report.report import describe, write_report
from glipv2.drawing.colours import phrase_colours
from tests.datasets.report.defects import (
    grounding,
    inspect,
    odvg_config,
    region,
    told,
)


def test_a_set_that_cannot_be_built_is_told(settings: TextSettings) -> None:
    found = inspect(dict(type='NoSuchDataset'), settings)
    assert told(found) == {'data set does not load': 1}


def test_a_failing_transform_is_told(folder: Path, settings: TextSettings) -> None:
    record = grounding('a dog', region([[0, 5]], [1, 1, 9, 9]))
    config = odvg_config(folder, [record])
    config['pipeline'].insert(3, dict(type='Resize', scale=None, scale_factor='x'))
    assert told(inspect(config, settings)) in (
        {'data set does not load': 1},
        {'sample fails in the pipeline': 1},
    )


def test_leaves_of_mixed_and_repeated_sets() -> None:
    leaf = dict(type='VQADataset')
    config = dict(
        type='MixedDataset',
        datasets=[dict(type='RepeatDataset', times=2, dataset=leaf), leaf],
    )
    assert list(leaf_configs(config, 'train')) == [
        ('train.datasets.0.dataset', leaf),
        ('train.datasets.1', leaf),
    ]


def test_report_and_images(folder: Path, settings: TextSettings) -> None:
    record = grounding('a dog runs', region([[0, 5]], [10, 10, 30, 30]))
    found = inspect(odvg_config(folder, [record]), settings)
    out = folder / 'out'
    text = write_report([found], settings.max_tokens, out, num_drawn=1)
    assert (out / 'report.md').read_text() == text + '\n'
    assert '0 errors, 0 warnings' in text
    assert (out / 'histogram_0.png').is_file()
    drawn = Image.open(out / 'sample_0_0.png').convert('RGB')
    # The image is enlarged eight times; the side of the box is in its colour.
    (colour,) = phrase_colours(1)
    assert drawn.getpixel((80, 160)) == colour
    below = drawn.crop((0, 40 * 8, drawn.width, drawn.height))
    colours = {colour for _, colour in below.getcolors(1 << 16)}
    assert {colour, (0, 0, 0)} <= colours  # "a dog" on its colour, and "runs"


def test_only_the_first_examples_are_shown(settings: TextSettings) -> None:
    problems = Problems(shown=2)
    found = Findings('train', 'CocoTextDataset', problems)
    for number in range(5):
        problems.add(NO_IMAGE, f'image {number}', 'is not there')
    text = '\n'.join(describe(found, 24))
    assert 'image 1: is not there' in text
    assert 'image 2' not in text
    assert '- and 3 more' in text
