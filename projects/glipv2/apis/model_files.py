"""What a user may give as a model: its config, its weights, or both in one file."""

from pathlib import Path

from mmengine.config import Config, ConfigDict

from ..checkpoint.loading import ENDINGS
from ..engine.config_options import read_config
from .pretrained import find_weights

CONFIGS = ('.py', '.json', '.yaml', '.yml')
Model = str | Path | Config | ConfigDict | dict | None


def sort_files(
    model: Model,
    weights: str | Path | None,
    download: bool = False,
    random_weights: bool = False,
) -> tuple[str | Config | ConfigDict | dict | None, str | None]:
    """Tell configs from weights, before anything is loaded.

    Args:
        model: Config, its file, or what ``from_pretrained`` takes.
        weights: A file of weights.
        download: Whether a model of the Hugging Face hub may be downloaded.
        random_weights: Whether a name may have no weights.

    Returns:
        The config (or a name), and the file of weights.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is neither, a config cannot be read or has no model, a
            name has no weights here, or weights are given twice.
    """
    weights = None if weights is None else str(weights)
    if not isinstance(model, (str, Path)):
        return model, weights
    model = str(model)
    ending = Path(model).suffix.lower()
    if ending in ENDINGS:
        if weights is not None:
            raise ValueError(f'weights are given twice: {model} and {weights}')
        return None, model
    if ending in CONFIGS:
        if not Path(model).is_file():
            raise FileNotFoundError(f'there is no config {model}')
        config = read_config(model)
        if 'model' not in config:
            raise ValueError(f'the config {model} describes no model')
        return config, weights
    elif Path(model).is_file():
        raise ValueError(
            f'{model} is no model: give a config ({", ".join(CONFIGS)}), weights '
            f'({", ".join(ENDINGS)}) or a name of the model index'
        )
    elif weights is None and not random_weights:
        return None, str(find_weights(model, download))
    return model, weights
