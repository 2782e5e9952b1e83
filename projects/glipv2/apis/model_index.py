"""Models of the model index."""

from difflib import get_close_matches

from mmengine.config import Config
from mmengine.fileio import load

from ..shipped import shipped

INDEX = 'model-index.yml'


def find_model(name: str) -> tuple[Config, str | None]:
    """Find a model by its name.

    Args:
        name: As in ``model-index.yml``, such as ``'glipv2_lite0_minilm_emoji'``.

    Returns:
        Its config, and where its weights are if they are published.

    Raises:
        FileNotFoundError: If there is no such model (names similar ones).
    """
    root = shipped(INDEX).parent
    models = {
        model['Name'].lower(): model
        for metafile in load(root / INDEX)['Import']
        for model in load(root / metafile)['Models']
    }
    model = models.get(name.lower())
    if model is None:
        close = get_close_matches(name.lower(), models, n=3)
        hint = f'similar names: {", ".join(close)}' if close else f'see {INDEX}'
        raise FileNotFoundError(f'there is no config or model {name}; {hint}')
    weights = model.get('Weights')
    if isinstance(weights, list):
        weights = weights[0]
    return Config.fromfile(root / model['Config']), weights
