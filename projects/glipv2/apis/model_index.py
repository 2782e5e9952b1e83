"""Models of the model index."""

from difflib import get_close_matches

from mmengine.config import Config
from mmengine.fileio import load

from ..checkpoint.config import config_of
from ..checkpoint.release_file import read_release
from ..shipped import ASSETS, shipped

INDEX = 'model-index.yml'


def find_model(name: str) -> tuple[Config, str | None]:
    """Find a model by its name.

    Args:
        name: As in ``model-index.yml``, such as ``'emoji'``.

    Returns:
        Its config, and where its weights are if they are published. Weights in the
        package carry the config, with the answers that the trained one reads from
        its data.

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
    if weights is not None and (ASSETS / weights).is_file():
        file = ASSETS / weights
        return config_of(read_release(file), file), str(file)
    return Config.fromfile(root / model['Config']), weights
