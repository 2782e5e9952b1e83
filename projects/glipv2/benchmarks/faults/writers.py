"""Everything that writes files, killed: converters, metrics, grids, pseudo labels."""

import json
import random
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from mmdet.models.backbones import SwinTransformer
from PIL import Image

from ...apis.pseudo_labels import LabelJob as PseudoLabelJob
from ...apis.pseudo_labels import write_pseudo_labels
from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.release_file import write_release
from ...checkpoint.whole_files import save_whole
from ...convert import files as converter_files
from ...convert.convert import revert
from ...convert.names import swin_names
from ...convert.swin import convert_swin
from ...datasets.coco_to_odvg import coco_to_odvg
from ...demo_data.emoji_odinw import ThemeOptions, write_theme_set
from ...engine.line_journal import LineJournal
from ...engine.transfer.cells import Settings
from ...engine.transfer.few_shot import sample_few_shot, subset_path
from ...engine.transfer.grid import Grid
from ...evaluation import StreamingLVISMetric
from ...labels.filters import Filters
from ...labels.formats import WRITERS
from ...labels.job import LabelJob, Wanted
from ...labels.run import label_folder
from ...shipped import shipped
from ...whole_file import write_whole
from ..gpu.random_models import build_model, describe_model
from ..lvis_metric import predictions, write_truth
from .child import code_of, kill, start, time_of
from .files import kill_often
from .outcome import Outcome

LINES = 300
IMAGES = 200  # of files that are converted or evaluated
LABELLED = 24  # images that are labelled
PATIENCE = 900.0  # of a grid, whose processes import everything, on a busy machine
DEPTHS = (1, 1, 1, 1)
SET = 'hearts'
MODEL = """
_base_ = {bases}
model = {model}
"""
PIPELINE = """
custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)
test_dataloader = dict(dataset=dict(pipeline=[
    dict(type='LoadImage'),
    dict(type='Resize', scale=(64, 64), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]))
"""


def journal(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill what pseudo labels are kept in, while it writes and while it merges."""

    def work(out: Path) -> None:
        if (out / 'labels.jsonl').exists():
            return
        kept = LineJournal(out / 'labels.jsonl')
        done = kept.done(LINES)
        for line in range(LINES):
            if not done[line]:
                entry = dict(skipped='no') if line % 7 == 0 else dict(text='é' * line)
                kept.write([(line, entry)])
        kept.merge(out / 'labels.skipped')

    outcome = Outcome('SIGKILL while results of lines are written or merged')
    return kill_often(outcome, tries, seed, work, folder)


def pseudo_labels(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill pseudo labelling."""
    _write_teacher(folder)
    images = _write_images(folder)
    lines = [
        json.dumps(dict(filename=image.name, caption='a dog and the red car')) + '\n'
        for image in sorted(images.iterdir())
    ]
    lines[5] = 'no JSON\n'
    (folder / 'captions.jsonl').write_text(''.join(lines))

    def work(out: Path) -> None:
        if not (out / 'labels.jsonl').exists():
            job = PseudoLabelJob(
                folder / 'config.py', folder / 'teacher.pth',
                folder / 'captions.jsonl', images, out / 'labels.jsonl', score_thr=0.0,
            )  # fmt: skip
            write_pseudo_labels(job)

    return kill_often(Outcome('SIGKILL in pseudo labelling'), tries, seed, work, folder)


def labels(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill the labelling of a folder of images (``glipv2 label``)."""
    _write_teacher(folder)
    images = _write_images(folder)
    (images / '5.png').write_bytes(b'no image')
    wanted = Wanted(tuple(WRITERS), Filters(score=0.0), val_share=0.3, uncertain=2)

    def work(out: Path) -> None:
        job = LabelJob(
            images, out, ('a dog', 'a red car'), model=str(folder / 'config.py'),
            checkpoint=str(folder / 'teacher.pth'), floor=0.0,
        )  # fmt: skip
        label_folder(job, wanted, 'cpu')

    outcome = Outcome('SIGKILL in the labelling of a folder')
    return kill_often(outcome, tries, seed, work, folder)


def _write_teacher(folder: Path) -> None:
    torch.save(
        dict(state_dict=build_model('tiny', 'boxes').state_dict()),
        folder / 'teacher.pth',
    )
    model = describe_model('tiny', 'boxes').to_dict()
    text = PIPELINE + MODEL.format(bases=[], model=model)
    (folder / 'config.py').write_text(text)


def _write_images(folder: Path) -> Path:
    images = folder / 'images'
    images.mkdir()
    chance = np.random.default_rng(0)
    for number in range(LABELLED):
        pixels = chance.integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(images / f'{number}.png')
    return images


def conversion(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill the writing of weights over older ones."""
    outcome = Outcome('SIGKILL while weights are written over older ones')
    path = folder / 'converted.pth'

    def content(number: float) -> dict:
        return dict(state_dict=dict(weight=torch.full((1_000_000,), number)))

    save_whole(path, content(1.0))
    chance = random.Random(seed)
    seconds = time_of(partial(save_whole, path, content(2.0)), folder / 'seconds')
    for _ in range(tries):
        child = start(partial(save_whole, path, content(3.0)))
        time.sleep(chance.uniform(0.0, 1.1) * seconds)
        kill(child)
        outcome.tried += 1
        try:
            weight = load_checkpoint_safely(path)['state_dict']['weight']
            if len(weight.unique()) != 1:
                outcome.lost.append('a mixture of old and new')
        except (ValueError, OSError) as error:
            outcome.lost.append(str(error))
    return outcome


def weights(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill a converter of published weights, and the writing of a released file."""
    torch.manual_seed(0)
    model = SwinTransformer(depths=DEPTHS, embed_dims=24)
    names = swin_names(DEPTHS)
    state = {
        f'backbone.{key}': value
        for key, value in model.state_dict().items()
        if not key.startswith('norm')  # of outputs, which published files lack
    }
    source = folder / 'published.pth'
    torch.save(dict(model=revert(state, names, {})), source)

    def work(out: Path) -> None:
        target = out / 'ours.pth'
        converter_files.run(convert_swin, '', [str(source), str(target)])
        write_release(
            out / 'ours.safetensors', load_checkpoint_safely(target)['state_dict'], None
        )

    outcome = Outcome('SIGKILL while weights are converted and released')
    return kill_often(outcome, tries, seed, work, folder)


def datasets(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill a converter of annotations, and the sampling of a subset."""
    source = folder / 'instances.json'
    write_truth(source, IMAGES)
    whole = json.loads(source.read_text())
    for image in whole['images']:
        image['file_name'] = f'{image["id"]}.jpg'
    source.write_text(json.dumps(whole))

    def work(out: Path) -> None:
        coco_to_odvg(source, out / 'lines.json', out / 'names.json')
        subset, _ = sample_few_shot(whole, 1, 3)
        write_whole(out / 'subset.json', json.dumps(subset).encode())

    outcome = Outcome('SIGKILL while annotations are converted or sampled')
    return kill_often(outcome, tries, seed, work, folder)


def lvis_files(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill the LVIS metric while it writes its result files."""
    truth = folder / 'lvis.json'
    samples = list(predictions(*write_truth(truth, IMAGES), 100))

    def work(out: Path) -> None:
        metric = StreamingLVISMetric(
            str(truth), format_only=True, outfile_prefix=str(out / 'found')
        )
        for sample in samples:
            metric.process({}, [sample])
        metric.evaluate(len(samples))

    outcome = Outcome("SIGKILL while the LVIS metric's files are written")
    return kill_often(outcome, tries, seed, work, folder)


def transfer_grid(tries: int, seed: int, folder: Path) -> Outcome:
    """Kill the transfer grid with its processes."""
    data = folder / 'data'
    sizes = dict(train=4, valid=1, test=2, size=64, object_size=(16, 40))
    write_theme_set(data, SET, ThemeOptions(**sizes))
    file = data / SET / 'train' / '_annotations.coco.json'
    subset, _ = sample_few_shot(json.loads(file.read_text()), 1, 3)
    subset_path(file, 1, 3).write_text(json.dumps(subset))
    torch.save(build_model('tiny', 'boxes').state_dict(), folder / 'base.pth')
    for mode in ('full', 'linear'):
        model = describe_model('tiny', 'boxes')
        model.transfer_mode = mode
        bases = [
            str(shipped('configs') / '_base_' / part)
            for part in ('datasets/emoji_odinw.py', f'schedules/transfer_{mode}.py')
        ]
        text = MODEL.format(bases=bases, model=model.to_dict())
        (folder / f'{mode}.py').write_text(text)
    settings = Settings(
        configs=str(folder / '{mode}.py'), checkpoint=str(folder / 'base.pth'),
        data=str(data), ann_file='_annotations.coco.json', max_steps=2, max_vals=1,
        old_task=None, old_images=None, replay_config=None, replay_share=0.5,
        options={},
    )  # fmt: skip

    def work(out: Path) -> None:
        grid = Grid(out, settings, [SET], ['linear'], ['1'], [3])
        if grid.run():
            raise RuntimeError('a run failed')

    def read(path: Path) -> object:
        if path.parent.name != 'results':  # logs, and tables with seconds
            return None
        return {k: v for k, v in json.loads(path.read_text()).items() if k != 'seconds'}

    outcome = Outcome('SIGKILL in the transfer grid and its processes')
    found = kill_often(outcome, tries, seed, work, folder, read, PATIENCE)
    if code_of(start(partial(work, folder / 'out')), PATIENCE) != 0:
        found.lost.append('a grid that is done fails')
    return found
