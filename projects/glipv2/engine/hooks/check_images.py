"""Images that cannot be read, told before a run and not at its end."""

from mmdet.registry import HOOKS
from mmengine.dist import get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from ...datasets.transforms.load_image import LoadImage
from ..leaf_datasets import leaf_datasets

SHOWN = 3  # of the unusable images, in the error


@HOOKS.register_module()
class CheckImages(Hook):
    """Checks before a run that all images of validation or test can be read.

    Files are read, not decoded; the processes share them. Data sets whose pipeline has
    no ``LoadImage`` are not checked (``tools/test.py`` and ``tools/train.py`` put it
    there).
    """

    def before_run(self, runner: Runner) -> None:
        """Check the images.

        Raises:
            OSError: If some are missing, truncated, too large, no image or of another
                size than stated.
        """
        rank, processes = get_dist_info()
        for loop in (runner._val_loop, runner._test_loop):
            if not isinstance(loop, BaseLoop):  # not of this run
                continue
            checked: set[str] = set()
            problems: list[OSError] = []
            for dataset in leaf_datasets(loop.dataloader.dataset):
                loaders = [
                    step
                    for step in dataset.pipeline.transforms
                    if isinstance(step, LoadImage)
                ]
                if not loaders:
                    continue
                for index in range(rank, len(dataset), processes):
                    sample = dataset.get_data_info(index)
                    if sample['img_path'] in checked:
                        continue
                    checked.add(sample['img_path'])
                    try:
                        loaders[0].check(sample)
                    except OSError as error:
                        problems.append(error)
            if problems:
                shown = '; '.join(map(str, problems[:SHOWN]))
                raise OSError(
                    f'{len(problems)} of {len(checked)} images to test on cannot be '
                    f'used: {shown}{"; ..." if len(problems) > SHOWN else ""}. Copy '
                    'them again, or take them out of the annotation file'
                )
