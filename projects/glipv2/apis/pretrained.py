"""Trained models from a name, a file, a folder or the Hugging Face hub, and back."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
)
from torch import nn

from ..checkpoint.calibrated import KEY, calibration_of
from ..checkpoint.config import config_of
from ..checkpoint.loading import ENDINGS, load_checkpoint_safely
from ..checkpoint.release_file import SUFFIX, write_release
from ..engine.bare_model import bare_model
from ..engine.release_config import release_config
from ..shipped import weights_file
from ..weights.table import how_to_get, index_models, releases
from .devices import check_device
from .inference import build_model
from .model_card import Card, write_card
from .model_index import no_such_model
from .tasks import available_tasks

WEIGHTS = f'model{SUFFIX}'  # as transformers names it
CONFIG, CARD = 'config.py', 'README.md'
HUB_ID = re.compile(r'[\w.-]+/[\w.-]+')


def from_pretrained(
    source: str | Path, device: str | None = 'cpu', download: bool = False
) -> nn.Module:
    """Load a trained model.

    Args:
        source: A name (``'emoji'``, ``'glip_t'``), a file of weights that holds its
            config, a folder of :func:`save_pretrained`, or a model of the Hugging Face
            hub (``'org/name'``) that is in its cache.
        device: Such as ``'cpu'`` or ``'cuda:0'``.
        download: Whether a model of the hub may be downloaded.

    Returns:
        The model in evaluation mode, with its config as ``model.cfg`` and its
        calibration, a dict or None, as ``model.calibration``.

    Raises:
        FileNotFoundError: If there is no such file or model here.
        ValueError: If a name has no weights here (says how to get them) or is only
            what trainings start from, the file is damaged, unsafe or of another model,
            or there is no such device.
        OSError: If a download fails.
    """
    check_device(device)
    file = find_weights(source, download)
    checkpoint = load_checkpoint_safely(file)
    model = build_model(config_of(checkpoint, file), checkpoint, device or 'cpu')
    model.calibration = calibration_of(checkpoint)
    return model


def find_weights(source: str | Path, download: bool = False) -> Path:
    """Find the file of a model's weights and config.

    Args:
        source: As :func:`from_pretrained`.
        download: Whether a model of the hub may be downloaded.

    Returns:
        The file.

    Raises:
        FileNotFoundError: If there is no such file or model.
        ValueError: If a name has no weights here (says how to get them), or is only
            what trainings start from.
        OSError: If a download fails.
    """
    path = Path(source).expanduser()
    if path.is_dir() and (len(path.parts) > 1 or (path / WEIGHTS).is_file()):
        if not (path / WEIGHTS).is_file():
            raise FileNotFoundError(
                f'{path} has no {WEIGHTS}: give a folder of save_pretrained, or a file'
            )
        return path / WEIGHTS
    name = str(source)
    row = releases().get(name.lower())
    if row is not None and row.config is None and not path.is_file():
        raise ValueError(
            f'{row.name} is no whole model but the start of a training, which takes it '
            'as load_from or init_cfg (docs/weights.md)'
        )
    file = weights_file(source)
    if file.is_file() or path.suffix.lower() in ENDINGS:
        return file
    if name.lower() in index_models():
        how = how_to_get(name)
        raise ValueError(f'there are no weights for this model ({name}) here: {how}')
    if HUB_ID.fullmatch(name):
        return _from_hub(name, download)
    raise no_such_model(name)


def save_pretrained(
    model: nn.Module, folder: str | Path, card: Card | None = None
) -> None:
    """Write a model as a folder to give away.

    ``model.safetensors`` holds the weights and the config, with answers and names in
    it; ``config.py`` is the config for readers and mmdet's tools, ``README.md`` the
    model card.

    Args:
        model: Of :func:`from_pretrained`, ``init_model`` or an inferencer.
        folder: The folder; it is made.
        card: What the card says beside what the config tells.

    Raises:
        ValueError: If the model has no config.
        OSError: If the folder cannot be written.
    """
    model = bare_model(model)
    if getattr(model, 'cfg', None) is None:
        raise ValueError(
            'the model has no config: set model.cfg to the one that it was built of'
        )
    config = release_config(model.cfg)
    folder = Path(folder).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    calibration = getattr(model, KEY, None)
    meta = {} if calibration is None else {KEY: dict(calibration)}
    write_release(folder / WEIGHTS, model.state_dict(), config.pretty_text, **meta)
    (folder / CONFIG).write_text(config.pretty_text, encoding='utf-8')
    parameters = sum(each.numel() for each in model.parameters())
    text = write_card(card or Card(folder.name), available_tasks(model), parameters)
    (folder / CARD).write_text(text, encoding='utf-8')


def push_to_hub(
    model: nn.Module,
    repo_id: str,
    card: Card | None = None,
    private: bool = False,
    token: str | None = None,
    message: str = 'Upload a glipv2 model',
) -> str:
    """Upload a model to the Hugging Face hub.

    Args:
        model: As :func:`save_pretrained`.
        repo_id: Such as ``'org/name'``; it is made if it is not there.
        card: As :func:`save_pretrained`.
        private: Whether a new repository is private.
        token: Of the hub; None: that of ``huggingface-cli login``.
        message: Of the commit.

    Returns:
        The address of the commit.

    Raises:
        ValueError: If the model has no config, or ``repo_id`` is no name of the hub.
        OSError: If the hub refuses or is out of reach.
    """
    if not HUB_ID.fullmatch(repo_id):
        raise ValueError(f"{repo_id!r} is no name of the hub, which is 'org/name'")
    api = HfApi(token=token)
    with TemporaryDirectory() as folder:
        save_pretrained(model, folder, card or Card(repo_id))
        api.create_repo(repo_id, private=private, exist_ok=True)
        return api.upload_folder(
            repo_id=repo_id, folder_path=folder, commit_message=message
        ).commit_url


def _from_hub(name: str, download: bool) -> Path:
    try:
        return Path(hf_hub_download(name, WEIGHTS, local_files_only=not download))
    except HFValidationError as error:
        raise no_such_model(name) from error
    except LocalEntryNotFoundError as error:
        why = (
            f'the hub could not be reached ({error})'
            if download
            else 'it is not in the cache of the Hugging Face hub, and nothing is '
            f"downloaded unasked: from_pretrained('{name}', download=True)"
        )
        raise FileNotFoundError(f'there is no file or folder {name}; {why}') from error
    except HfHubHTTPError as error:
        raise OSError(f'{name} cannot be downloaded from the hub: {error}') from error
