"""``glipv2 examples``: files that show what names look like."""

from pathlib import Path

import click

from ..options import CHECKPOINT, DEVICE, MODEL, TRUST
from ..standard_output import results_or_one_line


@click.group(
    help='Make files of examples, for names that words do not tell.',
    epilog="""\b
    Examples:
      glipv2 examples make parts.json photos/ parts.safetensors -m by_example.pth
      glipv2 detect shelf.jpg --examples parts.safetensors -m by_example.pth""",
)
def command() -> None:
    """Make files of examples."""


@command.command(
    short_help='Choose boxes of a COCO file.',
    help='Choose boxes of each name of the COCO file ANNOTATIONS, whose images are in '
    'the folder IMAGES, and write what the model sees in them to BANK (.safetensors).',
)
@click.argument('annotations', type=click.Path(path_type=Path))
@click.argument('images', type=click.Path(path_type=Path))
@click.argument('bank', type=click.Path(path_type=Path))
@MODEL
@CHECKPOINT
@DEVICE
@click.option(
    '-n',
    '--count',
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help='Examples of each name.',
)
@click.option(
    '--seed',
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help='Of the choice.',
)
@click.option(
    '--name',
    'names',
    multiple=True,
    help='Only of this name; repeatable.  [default: all names]',
)
def make(
    annotations: Path,
    images: Path,
    bank: Path,
    model: str,
    checkpoint: str | None,
    device: str | None,
    count: int,
    seed: int,
    names: tuple[str, ...],
) -> None:
    """Choose boxes of a COCO file."""
    with results_or_one_line() as results:
        from glipv2.apis import GLIPv2Inferencer
        from glipv2.engine.by_example.coco_bank import bank_of_coco
        from glipv2.engine.by_example.query_maker import QueryMaker
        from glipv2.quiet import quiet_console

        quiet_console()
        looks = GLIPv2Inferencer(model, checkpoint, device, show_progress=False)
        maker = QueryMaker(looks.model, looks.pipeline)
        made = bank_of_coco(
            maker, looks.load, annotations, images, count, seed, names or None
        )
        made.save(bank)
        total = sum(map(len, made.queries.values()))
        results.write(f'{bank}: {total} examples of {len(made.queries)} names\n')


@command.command(
    short_help="Convert a bank of MQ-Det's.",
    help="Convert SOURCE, a bank that MQ-Det's extract_vision_query.py wrote, whose "
    'categories the COCO file ANNOTATIONS has. With --model the bank is refused by '
    'other models.',
)
@click.argument('source', type=click.Path(path_type=Path))
@click.argument('annotations', type=click.Path(path_type=Path))
@click.argument('bank', type=click.Path(path_type=Path))
@click.option('-m', '--model', help='The converted MQ-GLIP.  [default: not known]')
@TRUST
def convert(
    source: Path, annotations: Path, bank: Path, model: str | None, trust_pickle: bool
) -> None:
    """Convert a bank of MQ-Det's."""
    with results_or_one_line() as results:
        from glipv2.apis import from_pretrained
        from glipv2.convert.mq_bank import convert_bank
        from glipv2.models.exemplars.identity import vision_identity

        known = '' if model is None else vision_identity(from_pretrained(model))
        made = convert_bank(source, annotations, bank, known, trust_pickle)
        results.write(f'{bank}: examples of {len(made.queries)} names\n')
