"""Banks of examples: a safetensors file that lies beside any checkpoint."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..text.name_layout import clean_name
from ..whole_file import write_whole

FORMAT = 'glipv2 examples, version 1'


@dataclass(frozen=True)
class ExampleBank:
    """What names look like to one model.

    Args:
        queries: Per name (n, 1, C) float, as in MQ-Det's banks.
        model: ``vision_identity`` of the model that made them; ``''``: not known.

    Raises:
        ValueError: If two names read the same, or one has no word or no usable query.
    """

    queries: Mapping[str, Tensor]
    model: str

    def __post_init__(self) -> None:
        check_names(self.queries)
        for name, value in self.queries.items():
            shape = tuple(value.shape)
            usable = len(shape) == 3 and shape[0] > 0 and shape[1] == 1
            if not usable or not value.is_floating_point():
                raise ValueError(
                    f'the examples of {name!r} have the shape {shape}, which is not '
                    '(n, 1, channels); make them anew'
                )
            if not value.isfinite().all():
                raise ValueError(
                    f'an example of {name!r} holds a number that is not finite; make '
                    'it anew'
                )

    def save(self, path: str | Path) -> None:
        """Write the bank, 4 bytes per example and channel.

        Args:
            path: The file, ``.safetensors``.
        """
        names = list(self.queries)
        # A name may be any text, the name of a tensor may not.
        tensors = {
            str(number): self.queries[name].detach().float().cpu().clone().contiguous()
            for number, name in enumerate(names)
        }
        header = dict(format=FORMAT, names=json.dumps(names), model=self.model)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_whole(Path(path), save(tensors, header))


def check_names(names: Iterable[str]) -> None:
    """Refuse names without a word, and two that read the same.

    Args:
        names: Names as a user wrote them.

    Raises:
        ValueError: If there is such a name (names it).
    """
    seen: dict[str, str] = {}
    for name in names:
        clean = clean_name(name)
        if not clean:
            raise ValueError(f'examples have the name {name!r}, which has no word')
        if clean in seen:
            raise ValueError(
                f'examples have a name twice: {seen[clean]!r} and {name!r}; put all '
                'examples of a name together'
            )
        seen[clean] = name


def read_bank(path: str | Path, model: str | None) -> ExampleBank:
    """Read a bank that a model made.

    Args:
        path: The file.
        model: ``vision_identity`` of the model that is to read it; None: not checked.

    Returns:
        The bank.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, no bank, or of another model.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'there is no file of examples {path}')
    try:
        with safe_open(path, 'pt') as file:
            header = file.metadata() or {}
            if header.get('format') != FORMAT:
                raise ValueError(
                    'it holds no examples; glipv2 examples make writes such files'
                )
            names = json.loads(header['names'])
            queries = {
                name: file.get_tensor(str(number)) for number, name in enumerate(names)
            }
            bank = ExampleBank(queries, header.get('model', ''))
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(f'{path} cannot be read: {error}') from error
    if model is not None and bank.model not in ('', model):
        raise ValueError(
            f'{path} holds examples of another model ({bank.model}, this one is '
            f'{model}): make them with this one (glipv2 examples make)'
        )
    return bank
