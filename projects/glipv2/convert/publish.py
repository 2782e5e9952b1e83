"""Making a file to give away from a trained checkpoint."""

from pathlib import Path

from ..apis.inference import build_model
from ..checkpoint.calibrated import calibration_of
from ..checkpoint.config import config_of
from ..checkpoint.loading import load_checkpoint_safely
from ..checkpoint.release_file import SUFFIX, write_release
from ..engine.release_config import release_config
from ..models.language_models.text_encoder import TextEncoder


def publish(
    source: str | Path,
    target: str | Path,
    half: bool = False,
    without_text: bool = False,
) -> None:
    """Write the weights and what predicting needs of the config, and no more.

    Args:
        source: A checkpoint of mmengine's runner.
        target: The ``.safetensors`` file.
        half: Whether weights are stored as float16.
        without_text: Whether the weights of a frozen text encoder are left out, where
            they come from an installed package.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If it has no config or does not fit it, ``target`` has another
            ending, or the text weights were trained.
    """
    if Path(target).suffix != SUFFIX:
        raise ValueError(f'{target} must end with {SUFFIX}')
    checkpoint = load_checkpoint_safely(source)
    config = release_config(config_of(checkpoint, source))
    model = build_model(config, checkpoint)
    prefixes = []
    if without_text:
        for name, module in model.named_modules():
            if isinstance(module, TextEncoder):
                if not (module.frozen and module.pretrained):
                    raise ValueError(
                        f'{source}: the text encoder was trained, so that its weights '
                        'cannot be left out'
                    )
                prefixes.append(f'{name}.model.')
    calibration = calibration_of(checkpoint)
    meta = {} if calibration is None else dict(calibration=calibration)
    write_release(
        target, model.state_dict(), config.pretty_text, half, prefixes, **meta
    )
