"""The transfer mode ``examples``: boxes of the training split, and no training."""

from pathlib import Path

from mmengine.config import Config
from torch import nn

from ..by_example.choice import MOST_OF_NAME
from ..by_example.coco_bank import bank_of_coco
from ..by_example.query_maker import QueryMaker
from ..test_pipeline import build_loader, build_pipeline

PACK = 'PackTextDetInputs'


def show_examples(
    config: Config, model: nn.Module, shot: str, seed: int, work_dir: Path
) -> None:
    """Make a bank of training boxes, and let the test show it.

    Args:
        config: Of the run; its test pipeline gets the examples.
        model: The base model.
        shot: Examples of each name; all that are read if it is no number.
        seed: Of their choice.
        work_dir: Folder that gets the bank.

    Raises:
        ValueError: If no box of the training split can be an example.
    """
    count = int(shot) if shot.isdigit() else MOST_OF_NAME
    loader = config.train_dataloader.dataset
    part = loader.get('dataset', loader)
    root = Path(part.data_root)
    maker = QueryMaker(model.eval(), build_pipeline(config, with_loader=False))
    bank = bank_of_coco(
        maker, build_loader(config), root / part.ann_file, root / part.data_prefix.img,
        count, seed,
    )  # fmt: skip
    file = work_dir / 'examples.safetensors'
    file.parent.mkdir(parents=True, exist_ok=True)
    bank.save(file)
    pipeline = config.test_dataloader.dataset.pipeline
    place = [step['type'] for step in pipeline].index(PACK)
    pipeline.insert(
        place,
        dict(type='ShowExamples', bank=str(file), number=(count, count), random=False),
    )
