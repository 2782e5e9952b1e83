"""The text encoder's transformer, built from its config, and its weights."""

from collections.abc import Mapping
from typing import Any

from transformers import (
    MODEL_MAPPING,
    AutoModel,
    CLIPTextModel,
    PretrainedConfig,
    PreTrainedModel,
)

from ...text.sources import CLIP_TYPES, read_pretrained, resolve_text_source
from .clip_text import ClipText

# Model types with a pooler, which is for sentence tasks: it would never get a gradient.
WITH_POOLER = ('bert', 'roberta', 'xlm-roberta')


def build_text_model(config: PretrainedConfig) -> PreTrainedModel | ClipText:
    """Build a text model with random weights and without a pooler.

    Args:
        config: The model's config.

    Returns:
        The model; its output ``last_hidden_state`` is (B, T, hidden_size).
    """
    if config.model_type in CLIP_TYPES:
        return ClipText(config)
    # AutoModel.from_config imports all 300 families first, to see that this is one.
    model = MODEL_MAPPING.get(type(config), None)
    build = model if isinstance(model, type) else AutoModel.from_config
    return build(config, **_without_pooler(config))


def load_text_weights(
    source: str | Mapping[str, Any], model: PreTrainedModel | ClipText
) -> None:
    """Load a text source's weights into a model, if it has any.

    Args:
        source: As in :func:`resolve_text_source`; a config alone has no weights.
        model: Built by :func:`build_text_model`.

    Raises:
        OSError: If the weights are missing, or a hub name is neither cached nor
            reachable.
        RuntimeError: If they do not fit.
    """
    found = resolve_text_source(source)
    if found.config is not None:
        return
    if isinstance(model, ClipText):
        model.load_transformers_weights(
            read_pretrained(CLIPTextModel, found).state_dict()
        )
        return
    loaded = read_pretrained(type(model), found, **_without_pooler(model.config))
    model.load_state_dict(loaded.state_dict())


def _without_pooler(config: PretrainedConfig) -> dict[str, bool]:
    if config.model_type in WITH_POOLER:
        return {'add_pooling_layer': False}
    return {}
