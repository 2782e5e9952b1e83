"""Pseudo labels by a teacher: written once each, whatever is killed or broken."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.utils import register_all_modules
from PIL import Image

from glipv2.datasets import StreamingODVGDataset
from tests.tiny import tiny_config, tiny_model

TOOL = Path(__file__).parents[2] / 'tools' / 'pseudo_label.py'
CAPTIONS = ('a dog and a cat', 'the red car', 'two trees near a house', 'a blue key')
COUNT = 24
CONFIG = """
custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)
model = {model}
test_dataloader = dict(dataset=dict(pipeline=[
    dict(type='LoadImage'),
    dict(type='Resize', scale=(64, 64), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]))
"""


@pytest.fixture(scope='module')
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a teacher, images and captions; six lines cannot be used."""
    folder = tmp_path_factory.mktemp('job')
    register_all_modules()
    torch.manual_seed(0)
    torch.save(dict(state_dict=tiny_model().state_dict()), folder / 'teacher.pth')
    (folder / 'config.py').write_text(CONFIG.format(model=tiny_config().to_dict()))
    random = np.random.default_rng(0)
    lines = []
    for index in range(COUNT):
        name = f'{index}.png'
        pixels = random.integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
        caption = CAPTIONS[index % len(CAPTIONS)]
        lines.append(json.dumps(dict(filename=name, caption=caption)))
    content = (folder / '5.png').read_bytes()
    (folder / '5.png').write_bytes(content[: len(content) // 2])
    (folder / '7.png').unlink()
    lines[9] = '{"filename": '
    lines[11] = '{"filename": 3, "caption": "a dog"}'
    lines[13] = json.dumps(dict(filename='13.png', caption='the red car ' * 99))
    (folder / '15.png').write_bytes(b'no image')
    Image.new('1', (20000, 20000)).save(folder / '17.png')
    (folder / 'captions.jsonl').write_text('\n'.join(lines) + '\n')
    return folder


def command(job: Path, out: Path, processes: int = 1) -> list[str]:
    """Make the command line."""
    launch = [sys.executable]
    if processes > 1:
        launch += ['-m', 'torch.distributed.run', '--standalone',
                   f'--nproc_per_node={processes}']  # fmt: skip
    files = [job / name for name in ('config.py', 'teacher.pth', 'captions.jsonl')]
    return [*launch, str(TOOL), *map(str, files), str(job), str(out),
            '--batch-size', '4', '--score-thr', '0.0']  # fmt: skip


@pytest.fixture(scope='module')
def whole(job: Path) -> list[str]:
    """Run without a break."""
    out = job / 'whole.jsonl'
    subprocess.run(command(job, out), check=True, capture_output=True)
    return out.read_text().splitlines()


def names(lines: list[str]) -> list[str]:
    """List the images of a result."""
    return [json.loads(line)['filename'] for line in lines]


@pytest.mark.timeout(120)
def test_what_is_written_and_what_is_skipped(job: Path, whole: list[str]) -> None:
    good = [f'{i}.png' for i in range(COUNT) if i not in (5, 7, 9, 11, 15, 17)]
    assert names(whole) == good
    skipped = (job / 'whole.jsonl.skipped').read_text().splitlines()
    reasons = [json.loads(line)['skipped'] for line in skipped]
    assert 'line 6' in reasons[0]
    assert '5.png is truncated' in reasons[0]
    assert '7.png' in reasons[1]
    assert 'line 10' in reasons[2]
    assert 'both strings' in reasons[3]
    assert '15.png cannot be read: it is no image' in reasons[4]
    assert 'line 18' in reasons[5] and '400000000' in reasons[5]
    assert all('\n' not in reason for reason in reasons)
    long = json.loads(whole[good.index('13.png')])['grounding']['caption']
    assert 'the red car ' * 9 in long and len(long) < 99 * len('the red car ')
    assert not list(job.glob('whole.jsonl.part*'))
    record = json.loads(whole[0])
    phrases = {region['phrase'] for region in record['grounding']['regions']}
    assert phrases <= {'a dog', 'a cat'}
    for region in record['grounding']['regions']:
        assert len(region['bbox']) == len(region['score']) > 0
        ((start, end),) = region['tokens_positive']
        assert record['grounding']['caption'][start:end] == region['phrase']
    dataset = StreamingODVGDataset(
        ann_file=str(job / 'whole.jsonl'), data_prefix=dict(img=str(job)),
        min_score=0.0, pipeline=[],
    )  # fmt: skip
    assert len(dataset) == len(good)
    assert dataset[0]['text'] == CAPTIONS[0]


@pytest.mark.timeout(180)
def test_a_killed_run_repeats_and_loses_nothing(job: Path, whole: list[str]) -> None:
    out = job / 'killed.jsonl'
    part = job / 'killed.jsonl.part-0'
    process = subprocess.Popen(
        command(job, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not part.is_file() or part.read_bytes().count(b'\n') < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    with open(part, 'ab') as file:
        file.write(b'[20, {"filename": "20.p')  # as a kill within a write leaves it
    before = part.read_bytes().count(b'\n')
    assert 3 <= before < COUNT
    subprocess.run(command(job, out), check=True, capture_output=True)
    assert out.read_text().splitlines() == whole


@pytest.mark.timeout(180)
def test_two_processes_write_what_one_does(job: Path, whole: list[str]) -> None:
    out = job / 'two.jsonl'
    subprocess.run(command(job, out, processes=2), check=True, capture_output=True)
    assert out.read_text().splitlines() == whole
    refused = subprocess.run(command(job, out), capture_output=True, text=True)
    assert 'is there already' in refused.stderr


@pytest.mark.timeout(120)
def test_a_lost_folder_of_images_is_one_line_and_no_skipped_caption(
    job: Path, tmp_path: Path
) -> None:
    call = command(job, tmp_path / 'lost.jsonl')
    (tmp_path / 'mount').mkdir()
    call[call.index(str(job))] = str(tmp_path / 'mount')
    refused = subprocess.run(call, capture_output=True, text=True)
    assert refused.returncode
    assert 'mount is missing or empty' in refused.stderr.splitlines()[-1]
    assert not list(tmp_path.glob('lost*'))
