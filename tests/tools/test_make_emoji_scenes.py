"""The EmojiScenes generator as a real process."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from lvis import LVIS
from PIL import Image
from pycocotools.coco import COCO

from glipv2.demo_data.compose import place_objects
from glipv2.demo_data.sheet import STYLES, sheet_names, tile
from tests.forked import run_forked

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / 'tools' / 'dataset_converters' / 'make_emoji_scenes.py'
SMALL = (
    '--train', '40', '--val', '4', '--val-unseen', '4', '--size', '96',
    '--object-size', '16', '48', '--lvis-rare', '2', '--lvis-common', '4',
)  # fmt: skip
SPLITS = ('train', 'val', 'val_unseen')


def make(out: Path, *options: str) -> subprocess.CompletedProcess:
    """Run the generator."""
    return run_forked([SCRIPT, out, *options])


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small data set once."""
    out = tmp_path_factory.mktemp('scenes') / 'out'
    made = make(out, *SMALL, '--jobs', '2')
    assert made.returncode == 0, made.stderr
    return out


def files_of(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def test_a_seed_gives_the_same_bytes_whatever_the_processes(
    scenes: Path, tmp_path: Path
) -> None:
    assert make(tmp_path / 'again', *SMALL, '--jobs', '1').returncode == 0
    assert files_of(tmp_path / 'again') == files_of(scenes)
    assert make(tmp_path / 'other', *SMALL, '--seed', '1').returncode == 0
    other = files_of(tmp_path / 'other')
    assert other['train/000000.jpg'] != files_of(scenes)['train/000000.jpg']


@pytest.mark.parametrize('split', SPLITS)
def test_boxes_masks_and_areas_agree(scenes: Path, split: str) -> None:
    coco = COCO(scenes / 'annotations' / f'instances_{split}.json')
    for image_id, image in coco.imgs.items():
        with Image.open(scenes / split / image['file_name']) as opened:
            assert opened.size == (image['width'], image['height']) == (96, 96)
        covered = np.zeros((96, 96), int)
        for annotation in coco.imgToAnns[image_id]:
            mask = coco.annToMask(annotation)
            covered += mask
            rows, columns = np.nonzero(mask)
            left, top = columns.min(), rows.min()
            box = [left, top, columns.max() + 1 - left, rows.max() + 1 - top]
            assert annotation['bbox'] == box
            assert annotation['area'] == mask.sum()
            assert 0.6 <= annotation['visible'] <= 1
        assert covered.max() == 1  # what is covered belongs to the object above


def test_objects_are_where_the_masks_say(scenes: Path) -> None:
    """A soccer ball is black and white where its mask is, whatever lies around."""
    red = Image.new('RGB', (96, 96), (255, 0, 0))
    scene = place_objects(np.random.default_rng(3), red, ['soccer ball'], (40, 48))
    pixels = np.asarray(scene.image).astype(int)
    is_red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(-1) < 60)
    mask = scene.objects[0].mask
    assert (is_red[mask]).mean() < 0.02
    assert (~is_red[~mask]).mean() < 0.02


def test_unseen_categories_are_never_trained(scenes: Path) -> None:
    names = {}
    for split in SPLITS:
        coco = COCO(scenes / 'annotations' / f'instances_{split}.json')
        names[split] = [category['name'] for category in coco.dataset['categories']]
    assert names['train'] == names['val']
    assert len(names['val']) == len(names['val_unseen']) == 40
    assert not set(names['train']) & set(names['val_unseen'])
    shared = {w for n in names['train'] for w in n.split()}
    assert sum(bool(shared & set(n.split())) for n in names['val_unseen']) >= 10


def test_styles_are_mixed_and_a_new_one_has_its_own_split(tmp_path: Path) -> None:
    out = tmp_path / 'styles'
    few = ('--train', '8', '--val', '6', '--val-unseen', '6', '--formats', 'coco')
    options = (*few, '--styles', 'noto', 'fluent', '--new-style', 'twemoji')
    made = make(out, *SMALL, *options, '--jobs', '1')
    assert made.returncode == 0, made.stderr
    drawn, images = {}, {}
    for split in (*SPLITS, 'val_style'):
        coco = COCO(out / 'annotations' / f'instances_{split}.json')
        drawn[split] = {a['style'] for a in coco.anns.values()}
        images[split] = [out / split / i['file_name'] for i in coco.imgs.values()]
    assert drawn.pop('val_style') == {'twemoji'}
    assert all(styles == {'noto', 'fluent'} for styles in drawn.values())
    # The same choices drawn otherwise: other images.
    assert len(images['val']) == len(images['val_style']) == 6
    for one, other in zip(images['val'], images['val_style']):
        assert one.read_bytes() != other.read_bytes()
    assert make(out, *SMALL, *options, '--overwrite').returncode == 0
    refused = make(tmp_path / 'no', '--new-style', 'noto')
    assert refused.returncode == 2 and 'is one of --styles' in refused.stderr


@pytest.mark.parametrize('style', STYLES)
def test_every_name_is_drawn_in_every_style(style: str) -> None:
    others = [other for other in STYLES if other != style]
    for name in sheet_names():
        drawn = np.asarray(tile(name, style))
        assert (drawn[..., 3] > 127).sum() > 100, name
        assert not any(np.array_equal(drawn, tile(name, other)) for other in others)


def test_other_words_are_no_words_of_names(scenes: Path) -> None:
    val, words = (
        COCO(scenes / 'annotations' / f'instances_{split}.json')
        for split in ('val', 'val_words')
    )
    assert words.imgs == val.imgs and 20 <= len(words.cats) < len(val.cats)
    named = {w for name in sheet_names() for w in name.replace('-', ' ').split()}
    for category in words.cats.values():
        assert not named & set(category['name'].split())
    asked = {category['id'] for category in words.cats.values()}
    kept = {k: a for k, a in val.anns.items() if a['category_id'] in asked}
    assert words.anns == kept


def test_all_categories_leave_the_held_out_ones(tmp_path: Path) -> None:
    made = make(tmp_path / 'all', *SMALL, '--categories', 'all', '--formats', 'coco')
    assert made.returncode == 0, made.stderr
    folder = tmp_path / 'all' / 'annotations'
    train, unseen = (
        {c['name'] for c in json.loads((folder / f'instances_{s}.json').read_text())[
            'categories']}
        for s in ('train', 'val_unseen')
    )  # fmt: skip
    assert len(train) > 1000
    assert not train & unseen
    assert not (folder / 'lvis_train.json').exists()


def test_lvis_file_is_federated_and_true(scenes: Path) -> None:
    lvis = LVIS(str(scenes / 'annotations' / 'lvis_train.json'))
    coco = COCO(scenes / 'annotations' / 'instances_train.json')
    present = {
        image: {a['category_id'] for a in coco.imgToAnns[image]} for image in coco.imgs
    }
    left_out = 0
    for number, image in lvis.imgs.items():
        assert image['neg_category_ids']
        assert not set(image['neg_category_ids']) & present[number]
        annotated = [a['category_id'] for a in lvis.img_ann_map[number]]
        for category in image['not_exhaustive_category_ids']:
            left_out += 1
            full = sum(a['category_id'] == category for a in coco.imgToAnns[number])
            assert annotated.count(category) == full - 1 > 0
        assert (scenes / image['coco_url'].split('.org/')[1]).is_file()
    assert left_out
    frequencies = set()
    for category in lvis.cats.values():
        images = {
            a['image_id']
            for a in lvis.anns.values()
            if a['category_id'] == category['id']
        }
        expected = 'r' if len(images) <= 2 else 'c' if len(images) <= 4 else 'f'
        assert category['frequency'] == expected
        assert category['image_count'] == len(images)
        frequencies.add(expected)
    assert frequencies == {'r', 'c', 'f'}


def test_demo_photograph_has_its_objects(scenes: Path) -> None:
    coco = COCO(scenes / 'demo' / 'photo.json')
    with Image.open(scenes / 'demo' / 'photo.jpg') as photo:
        assert photo.width >= 500
    assert len(coco.anns) >= 5


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--objects', '5', '2'], '1 <= least <= most'),
        (['--size', '32'], 'do not fit'),
        (['--train', '0'], '--train must be at least 1'),
        (['--seed', '-1'], '--seed must not be negative'),
        (['--lvis-rare', '9', '--lvis-common', '3'], 'above --lvis-common'),
    ],
)
def test_bad_options_write_nothing(
    tmp_path: Path, options: list[str], message: str
) -> None:
    refused = make(tmp_path / 'out', *options)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert not list(tmp_path.iterdir())


def test_a_full_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / 'mine.txt').write_text('precious')
    refused = make(tmp_path, *SMALL)
    assert 'pass --overwrite' in refused.stderr
    assert (tmp_path / 'mine.txt').read_text() == 'precious'


@pytest.mark.parametrize('folder', ['out', 'out.tmp'])
def test_other_peoples_files_are_never_deleted(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / 'mine.txt').write_text('precious')
    refused = make(tmp_path / 'out', *SMALL, '--overwrite')
    assert refused.returncode == 2
    assert 'holds mine.txt' in refused.stderr
    assert (tmp_path / folder / 'mine.txt').read_text() == 'precious'


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / 'out').write_text('precious')
    refused = make(tmp_path / 'out', *SMALL, '--overwrite')
    assert refused.returncode == 2
    assert 'is a file' in refused.stderr
    assert (tmp_path / 'out').read_text() == 'precious'


def test_overwrite_replaces_a_data_set(tmp_path: Path, scenes: Path) -> None:
    few = ('--train', '1', '--val', '1', '--val-unseen', '1', '--jobs', '1')
    assert make(tmp_path / 'out', *few, '--seed', '5').returncode == 0
    assert make(tmp_path / 'out', *SMALL, '--overwrite').returncode == 0
    assert files_of(tmp_path / 'out') == files_of(scenes)
    assert [path.name for path in tmp_path.iterdir()] == ['out']


def test_long_tail_has_rare_common_and_frequent_categories(tmp_path: Path) -> None:
    out = tmp_path / 'tail'
    options = ('--categories', 'all', '--long-tail', '1.2', '--formats', 'lvis')
    made = make(out, *SMALL, *options, '--jobs', '1')
    assert made.returncode == 0, made.stderr
    train, val, unseen = (
        json.loads((out / 'annotations' / f'lvis_{split}.json').read_text())
        for split in SPLITS
    )
    letters = {c['name']: c['frequency'] for c in train['categories']}
    assert len(letters) > 1000 and set(letters.values()) == {'r', 'c', 'f'}
    counts = sorted((c['image_count'] for c in train['categories']), reverse=True)
    assert counts[0] > 4 * max(counts[20], 1)  # Zipf: a steep head
    # LVIS's val has train's letters; unseen categories are none of train's.
    assert {c['name']: c['frequency'] for c in val['categories']} == letters
    assert not letters.keys() & {c['name'] for c in unseen['categories']}
    bad = make(tmp_path / 'bad', *SMALL, '--long-tail', '-1')
    assert bad.returncode == 2 and '--long-tail must be in' in bad.stderr
