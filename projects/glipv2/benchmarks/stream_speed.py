"""Images a second from files to files, beside what the model alone allows."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.dataset import pseudo_collate

from ..apis import GLIPv2Inferencer
from ..apis.defaults import MAX_MEGAPIXELS
from ..apis.images import list_images, read_image
from ..demo_data.emoji_scenes import SceneOptions, make_emoji_scenes
from .measure import time_in_turns

TEXT = 'red apple . dog face . rocket . key . guitar . bus . crown . pizza'
ALONE = 'the model alone'


def make_images(folder: Path, count: int, size: int) -> Path:
    """Write JPEG files, unless they are there.

    Args:
        folder: Of an EmojiScenes.
        count: How many.
        size: Their side in pixels.

    Returns:
        The folder that holds them.
    """
    if not folder.exists():
        options = SceneOptions(
            size, train=1, val=count, val_unseen=1, formats=('coco',),
            object_size=(size // 8, size // 3),
        )  # fmt: skip
        make_emoji_scenes(folder, options)
    return folder / 'val'


def measure_stream(
    images: Path, model: str, batch_size: int, repeats: int
) -> list[dict[str, object]]:
    """Time the same images in turns: the model alone, a call of each, one call of all.

    Args:
        images: Folder of image files.
        model: A model or a name of the model index.
        batch_size: Images computed at once.
        repeats: Timed runs of each.

    Returns:
        Rows of a table; the last column is the share of what the model alone does.
    """
    inferencer = GLIPv2Inferencer(model, show_progress=False)
    files = [str(image.source) for image in list_images(str(images))]
    with tempfile.TemporaryDirectory() as out:
        runs = {
            ALONE: _model_alone(inferencer, files, batch_size),
            'a call for each batch': lambda: [
                inferencer(
                    files[start : start + batch_size],
                    texts=TEXT, batch_size=batch_size, out_dir=out,
                )
                for start in range(0, len(files), batch_size)
            ],
            'one call for all': lambda: inferencer(
                files, texts=TEXT, batch_size=batch_size, out_dir=out
            ),
        }  # fmt: skip
        seconds = time_in_turns(list(runs.values()), repeats)
    return [
        {
            'what': what,
            'batch': batch_size,
            'images per second': round(len(files) / each, 2),
            'of the model alone': round(seconds[0] / each, 2),
        }
        for what, each in zip(runs, seconds)
    ]


def _model_alone(
    inferencer: GLIPv2Inferencer, files: list[str], batch_size: int
) -> Callable[[], None]:
    """Read all images now; the returned run computes them."""
    packed = [
        inferencer.pipeline(
            dict(read_image(each, inferencer.load, MAX_MEGAPIXELS), img_id=0, text=TEXT)
        )
        for each in list_images(files)
    ]

    @torch.no_grad()
    def run() -> None:
        for start in range(0, len(packed), batch_size):
            inferencer.model.test_step(
                pseudo_collate(packed[start : start + batch_size])
            )

    return run
