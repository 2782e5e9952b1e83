"""All public sets in small, and the tools run on them."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mmengine.config import Config

from tests.forked import run_well
from tests.public_layouts.coco import write_coco
from tests.public_layouts.described import write_d3, write_omnilabel
from tests.public_layouts.detection import write_detection_sets
from tests.public_layouts.grounding import write_grounding_sets
from tests.public_layouts.lvis import write_lvis
from tests.public_layouts.odinw import write_odinw
from tests.public_layouts.shrunk import shrink

ROOT = Path(__file__).parents[2]
QUICKSTART = 'configs/quickstart/glipv2_lite0_minilm_emoji.py'
# Weights that a config starts from, by the end of its path; others start at random.
STARTS = {
    'mq_glip_t.py': 'configs/glip/glip_t.py',
    'mq_glip_l.py': 'configs/glip/glip_l.py',
    'by_example_emoji.py': 'configs/quickstart/open_vocabulary_emoji.py',
    'glip_t_stage1.py': 'configs/glip/glip_t.py',
    'mask_stage.py': 'configs/coco/glipv2_swin-t_coco.py',
    'coco_caption.py': 'configs/coco/glipv2_swin-t_coco.py',
    'vqav2.py': 'configs/coco/glipv2_swin-t_coco.py',
    'finetune_coco_format.py': QUICKSTART,
    'masks_emoji.py': QUICKSTART,
    'multitask_emoji.py': QUICKSTART,
    'questions_emoji.py': QUICKSTART,
    'described_emoji.py': QUICKSTART,
    'descriptions_emoji.py': QUICKSTART,
    'quickstart/transfer_full.py': QUICKSTART,
    'quickstart/transfer_linear.py': QUICKSTART,
    'quickstart/transfer_prompt.py': QUICKSTART,
}
OBJECTS = 'objects365v1/objects365_train.json', 'objects365v1/train'
SCENES = 'emoji_scenes_open/annotations/instances_train.json', 'emoji_scenes_open/train'
# Of a config that shows examples: the file and images that they are of, and the bank.
BANKS = {
    'mq_glip_t.py': (*OBJECTS, 'objects365v1/examples.safetensors'),
    'mq_glip_l.py': (*OBJECTS, 'objects365v1/examples.safetensors'),
    'by_example_emoji.py': (*SCENES, 'emoji_scenes_examples/train.safetensors'),
}


@dataclass
class Workplace:
    """A folder with ``data/``, where tools run as in the repository.

    Args:
        folder: The folder.
    """

    folder: Path
    checkpoints: dict[str, Path] = field(default_factory=dict)

    def run(self, script: str | Path, *arguments: object, ranks: int = 1) -> str:
        """Run a script of the repository, or any; it must succeed.

        Args:
            script: Below the repository, or a whole path.
            *arguments: For its command line.
            ranks: Number of processes.

        Returns:
            What it printed.
        """
        return run_well(
            [ROOT / script, *arguments], cwd=self.folder, ranks=ranks, timeout=600
        )

    def run_config(self, script: str, path: str, *arguments: object) -> None:
        """Run a script on a config, in two processes if its model is divided.

        Args:
            script: Of the repository.
            path: The config, below the repository.
            *arguments: Of the script.
        """
        is_divided = Config.fromfile(ROOT / path).get('strategy')
        launched = ['--launcher', 'pytorch'] if is_divided else []
        self.run(script, *arguments, *launched, ranks=2 if is_divided else 1)

    def shrunk(self, path: str) -> Path:
        """Write a config of the repository with a small model."""
        config = shrink(Config.fromfile(ROOT / path))
        out = self.folder / path
        out.parent.mkdir(parents=True, exist_ok=True)
        config.dump(out)
        return out

    def trained(self, path: str) -> Path:
        """Train a config for an epoch of three images, or two steps.

        Args:
            path: The config, below the repository.

        Returns:
            The checkpoint.
        """
        if path not in self.checkpoints:
            start = next((s for end, s in STARTS.items() if path.endswith(end)), None)
            if path.endswith('_stage2.py'):
                start = path.replace('_stage2', '')
            options = [] if start is None else [f'load_from={self.trained(start)}']
            if bank := BANKS.get(Path(path).name):
                self.run(
                    Path(sys.executable).with_name('glipv2'), 'examples', 'make',
                    *(self.folder / 'data' / part for part in bank),
                    '-m', self.folder / start, '--checkpoint', self.trained(start),
                )  # fmt: skip
            work_dir = self.folder / 'work_dirs' / Path(path).stem
            self.run_config(
                'tools/train.py', path, self.shrunk(path), '--work-dir', work_dir,
                *(['--cfg-options', *options] if options else []),
            )  # fmt: skip
            last = (work_dir / 'last_checkpoint').read_text()
            self.checkpoints[path] = Path(last)
        return self.checkpoints[path]


def write_data(place: Workplace) -> None:
    """Write every set that a config reads below ``data/``."""
    data = place.folder / 'data'
    for write in (write_coco, write_lvis, write_detection_sets, write_grounding_sets):
        write(data)
    write_d3(data)
    write_omnilabel(data)
    write_odinw(data)
    few = ('--train', 4, '--val', 3, '--val-unseen', 1, '--jobs', 1)
    converters = 'tools/dataset_converters'
    for name, kinds in (('emoji_scenes', 'quickstart'), ('emoji_scenes_open', 'all')):
        place.run(
            f'{converters}/make_emoji_scenes.py', data / name, *few, '--size', 96,
            '--object-size', 20, 40, '--categories', kinds,
        )  # fmt: skip
    annotations = data / 'emoji_scenes/annotations'
    place.run(
        f'{converters}/vqa_answers.py', annotations / 'vqa_answers.json',
        annotations / 'vqa_train_annotations.json', '--least', 1,
    )  # fmt: skip
    place.run(
        f'{converters}/make_emoji_odinw.py', data / 'emoji_odinw', '--sets', 'food',
        '--size', 96, '--train', 3, '--valid', 3, '--test', 3, '--object-size', 20, 40,
    )  # fmt: skip
    place.run(
        f'{converters}/make_coloured_shapes.py', data / 'mine', '--train', 3, '--val', 3
    )


@pytest.fixture(scope='session')
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Write all data."""
    folder = tmp_path_factory.mktemp('public')
    place = Workplace(folder)
    write_data(place)
    return place
