"""Files of the converters, and the config of a file's model."""

import argparse
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path

import torch
from mmdet.registry import MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from torch import Tensor

from ..checkpoint.loading import load_checkpoint_safely
from ..checkpoint.release_file import SUFFIX, write_release
from ..checkpoint.whole_files import save_whole
from ..engine.release_config import release_config
from ..shipped import shipped
from ..version import __version__
from ..weights.content import content_of
from .names import Shape
from .shapes import without_memory

CONFIGS = shipped('configs')
WIDTH_L = 192  # channels of Swin-L's first stage; 96 in Swin-T


def parse_arguments(doc: str, argv: list[str] | None = None) -> argparse.Namespace:
    """Read a converter's command line.

    Args:
        doc: The converter's docstring.
        argv: The arguments; None: those of the process.

    Returns:
        ``src``, ``dst``, ``reverse``, ``trust_pickle``, ``config``.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('src', type=Path, help='the file to convert')
    parser.add_argument(
        'dst', type=Path, help='the file to write, .pth or .safetensors'
    )
    parser.add_argument(
        '--reverse', action='store_true', help='from glipv2 back to the source form'
    )
    parser.add_argument(
        '--trust-pickle',
        action='store_true',
        help='also read a file that holds pickled Python objects; reading runs their '
        'code, so only for files whose origin you trust',
    )
    parser.add_argument(
        '--config', type=Path, help="the model's config (default: chosen by the file)"
    )
    return parser.parse_args(argv)


def read(path: Path, trust_pickle: bool) -> dict:
    """Read a checkpoint.

    Args:
        path: The file.
        trust_pickle: Whether pickled objects may be read.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or holds pickled objects and they are not
            trusted.
    """
    try:
        return load_checkpoint_safely(path)
    except ValueError as error:
        if 'pickled code' not in str(error):
            raise
        if not trust_pickle:
            raise ValueError(
                f'{error}. If you trust where it comes from: --trust-pickle'
            ) from error
    return torch.load(path, map_location='cpu', weights_only=False)


def weights_of(checkpoint: Mapping, *keys: str) -> dict[str, Tensor]:
    """Take the weights out of a checkpoint, without a wrapper's ``module.``.

    Args:
        checkpoint: The file's content.
        *keys: Where weights may be; else the checkpoint itself holds them.

    Raises:
        ValueError: If there is no tensor.
    """
    inner = next((checkpoint[key] for key in keys if key in checkpoint), checkpoint)
    weights = {
        key.removeprefix('module.'): value
        for key, value in inner.items()
        if isinstance(value, Tensor)
    }
    if not weights:
        raise ValueError('the file holds no weights')
    return weights


def config_of(given: Path | None, shape: Shape, width: int) -> Config:
    """Choose the config of a GLIP.

    Args:
        given: The user's own, or None.
        shape: The model's depths.
        width: Channels of its first Swin stage.
    """
    if given is not None:
        return Config.fromfile(given)
    if shape.gated:
        name = f'by_example/mq_glip_{"l" if width == WIDTH_L else "t"}'
    elif width == WIDTH_L:
        name = 'glip/glip_l'
    else:
        name = f'glip/glip_t-{"b" if shape.fused else "a"}'
    return Config.fromfile(CONFIGS / f'{name}.py')


def shapes_of(config: Config) -> dict[str, torch.Size]:
    """List the weights that a config's model has.

    Args:
        config: With ``model``.
    """
    register_all_modules()
    with without_memory():  # building writes into the config
        state = MODELS.build(deepcopy(config.model)).state_dict()
    return {key: value.shape for key, value in state.items()}


def write_ours(
    path: Path,
    state: Mapping[str, Tensor],
    unused: Mapping[str, Tensor],
    config: Config | None,
    source: Path,
) -> None:
    """Write a checkpoint of ours: plain weights, its config and its origin.

    Args:
        path: The file to write, ``.pth`` or ``.safetensors``.
        state: Our weights.
        unused: What the source had beside them; for the way back, in ``.pth`` alone.
        config: Of the model; None: weights of a part.
        source: The file that the weights come from.
    """
    meta = dict(
        glipv2_version=__version__,
        source=source.name,
        source_sha256=content_of(source)[1],
    )
    if path.suffix == SUFFIX:
        text = None if config is None else release_config(config).pretty_text
        write_release(path, state, text, **meta)
        return
    if config is not None:
        meta['cfg'] = config.pretty_text
    save_whole(path, dict(meta=meta, state_dict=dict(state), unused=dict(unused)))


def write_published(path: Path, key: str, weights: Mapping[str, Tensor]) -> None:
    """Write weights in a published form.

    Args:
        path: The file to write, ``.pth`` or ``.safetensors``.
        key: Where a ``.pth`` file of that form holds them.
        weights: By published names.
    """
    if path.suffix == SUFFIX:
        write_release(path, weights, None)
    else:
        save_whole(path, {key: dict(weights)})


def run(
    main: Callable[[argparse.Namespace], str], doc: str, argv: list[str] | None = None
) -> None:
    """Run a converter; its errors are one line.

    Args:
        main: Does the work and returns a message.
        doc: The converter's docstring.
        argv: The arguments; None: those of the process.
    """
    arguments = parse_arguments(doc, argv)
    try:
        print(main(arguments))
    except (OSError, ValueError) as error:
        sys.exit(f'{arguments.src}: {error}')
