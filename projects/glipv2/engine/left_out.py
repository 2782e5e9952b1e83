"""Weights that a released file leaves to the package they come from."""

from collections.abc import Mapping

from torch import Tensor, nn

from ..checkpoint.loading import state_dict_of
from ..checkpoint.release_file import hash_weights
from ..models.language_models.text_encoder import TextEncoder
from ..models.language_models.text_model import load_text_weights


def complete_state(model: nn.Module, checkpoint: Mapping) -> dict[str, Tensor]:
    """Take the weights out of a checkpoint, with those that were left out of it.

    Args:
        model: The model; its text encoder knows where its weights come from.
        checkpoint: Content of a file.

    Returns:
        The whole state dict.

    Raises:
        ValueError: If the installed package has other weights than the model was
            trained with, or the file leaves out what has no source.
        ImportError: If the package is missing.
    """
    state = state_dict_of(checkpoint)
    for prefix, expected in checkpoint.get('meta', {}).get('left_out', {}).items():
        encoder = _encoder_of(model, prefix)
        load_text_weights(encoder.source, encoder.model)
        found = encoder.model.state_dict()
        if hash_weights(found) != expected:
            raise ValueError(
                f'the text weights of {encoder.source} are not those that the model '
                'was trained with; install the version that requirements/assets.txt '
                'names'
            )
        state.update({prefix + key: value for key, value in found.items()})
    return state


def _encoder_of(model: nn.Module, prefix: str) -> TextEncoder:
    for name, module in model.named_modules():
        if isinstance(module, TextEncoder) and prefix == f'{name}.model.':
            return module
    raise ValueError(
        f'the file leaves out {prefix}*, which is no text encoder of this model'
    )
