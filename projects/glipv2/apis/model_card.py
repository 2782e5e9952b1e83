"""The card of a model that is given away."""

from collections.abc import Sequence
from dataclasses import dataclass

from huggingface_hub import ModelCardData

from ..version import __version__

LIMITS = (
    'It finds what words name as far as its training data did; look at its results on '
    'your own images before you rely on them.',
    'Scores are no probabilities unless the weights carry a calibration.',
)
PIPELINE = 'zero-shot-object-detection'  # the hub's word for it


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Attributes:
        dataset: With its split.
        metric: Such as ``'box AP'``.
        value: The figure.
        measured_by: Who measured it, and with which command.
    """

    dataset: str
    metric: str
    value: float | str
    measured_by: str


@dataclass(frozen=True)
class Card:
    """What a model's card says beside what its config tells.

    Attributes:
        name: Of the model.
        license: A name that the hub knows.
        data: What it was trained on.
        command: The command that trained it.
        figures: What was measured.
        limits: What it cannot do.
    """

    name: str
    license: str = 'apache-2.0'
    data: str = ''
    command: str = ''
    figures: Sequence[Figure] = ()
    limits: Sequence[str] = LIMITS


def write_card(card: Card, tasks: Sequence[str], parameters: int) -> str:
    """Write a model card.

    Args:
        card: What it says.
        tasks: The tasks that the model has a head for.
        parameters: How many it has.

    Returns:
        Markdown with front matter, as the Hugging Face hub reads it.
    """
    data = ModelCardData(
        license=card.license, library_name='glipv2', pipeline_tag=PIPELINE,
        tags=['glipv2', 'mmdetection', 'open-vocabulary', *tasks],
    )  # fmt: skip
    rows = [
        f'| {x.dataset} | {x.metric} | {x.value} | {x.measured_by} |'
        for x in card.figures
    ]
    head = ['| data | figure | value | measured by |', '|---|---|---|---|']
    lines = [
        f'---\n{data.to_yaml()}\n---', '',
        f'# {card.name}', '',
        f'A GLIPv2 model of {parameters / 1e6:.1f} million parameters, written by '
        f'glipv2 {__version__}. Tasks: {", ".join(tasks)}.', '',
        '```python',
        'from glipv2.apis import GLIPv2Inferencer', '',
        "model = GLIPv2Inferencer('FOLDER OR ORG/NAME')",
        "model('photo.jpg', texts='red apple . dog face')",
        '```', '',
        '## Training', '',
        f'Data: {card.data or "not stated"}.', '',
        f'```bash\n{card.command}\n```' if card.command else 'Command: not stated.', '',
        '## Figures', '',
        *([*head, *rows] if rows else ['None were given.']), '',
        '## Limits', '',
        *(f'- {limit}' for limit in card.limits),
    ]  # fmt: skip
    return '\n'.join(lines) + '\n'
