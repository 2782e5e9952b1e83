"""``glipv2 label``: labels for a folder of images."""

from pathlib import Path
from typing import Any

import click

from ..options import BATCH_SIZE, CHECKPOINT, DEVICE, MODEL, ONE_NAME, SCORE
from ..standard_output import results_only

FORMATS = ('coco', 'yolo', 'voc', 'labelstudio', 'cvat', 'odvg')


class NamedScore(click.ParamType):
    """``NAME=SCORE``."""

    name = 'name=score'

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, float]:
        """Read a value of ``--score-of``."""
        if isinstance(value, tuple):
            return value
        name, _, score = value.rpartition('=')
        try:
            return name.strip(), float(score)
        except ValueError:
            self.fail(f'{value} is not NAME=SCORE, such as "red apple=0.5"')


@click.command(
    short_help='Label a folder for training or correction.',
    help="""Label all images of a folder, and of the folders in it.

    What the model finds is kept in OUT as soon as it is found: after a kill the same
    command goes on. Given again when all is done, with other filters or formats, it
    writes the labels anew without the model.""",
    epilog="""\b
    Examples:
      glipv2 label shots --names "red apple . dog face" --out labels
      glipv2 label shots -n "screw . nut" --out labels -f yolo -f labelstudio --review
      glipv2 label shots -n person --out labels --score-of person=0.5 --val-share 0.1
      glipv2 label shots --captions captions.jsonl --out labels -f odvg
      glipv2 label shots -n cup --out labels --mirrored --uncertain 50""",
)
@click.argument('folder', type=click.Path(path_type=Path))
@click.option(
    '-n',
    '--names',
    help='What is searched for: "red apple . dog face".  [default: --captions]',
)
@click.option(
    '--captions',
    type=click.Path(path_type=Path, dir_okay=False),
    help='In place of names: JSON lines with filename and caption.  [default: none]',
)
@click.option(
    '-o', '--out', required=True, type=click.Path(path_type=Path, file_okay=False),
    help='Folder of the labels.',
)  # fmt: skip
@click.option(
    '-f', '--format', 'formats', multiple=True, type=click.Choice(FORMATS),
    default=('coco',), show_default=True, help='May be given several times.',
)  # fmt: skip
@SCORE
@click.option(
    '--score-of', multiple=True, type=NamedScore(),
    help='Least score of one name, such as "red apple=0.5".  [default: --score]',
)  # fmt: skip
@click.option(
    '--floor', type=click.FloatRange(0, 1), default=0.1, show_default=True,
    help='Least score of boxes that are kept for other filters.',
)  # fmt: skip
@ONE_NAME
@click.option(
    '--least-boxes', type=click.IntRange(min=0), default=0, show_default=True,
    help='Images with fewer boxes are left out.',
)  # fmt: skip
@click.option(
    '--least-area', type=click.FloatRange(min=0), default=0.0, show_default=True,
    help='Of a box, in square pixels.',
)  # fmt: skip
@click.option(
    '--most-share', type=click.FloatRange(0, 1), default=1.0, show_default=True,
    help='Of the image, that a box covers.',
)  # fmt: skip
@click.option(
    '--most-aspect', type=click.FloatRange(min=1), default=float('inf'),
    help='Of the longer side of a box to the shorter.  [default: any]',
)  # fmt: skip
@click.option(
    '--mirrored', is_flag=True,
    help='Look at a mirrored view, too; takes twice the time.',
)  # fmt: skip
@click.option(
    '--agreement', type=click.FloatRange(0, 1), default=0.0, show_default=True,
    help='Least IoU of a box with one of the mirrored view.',
)  # fmt: skip
@click.option(
    '--tiles', type=click.IntRange(min=64), metavar='PX',
    help='Look at larger images in tiles of this side, too.  [default: no tiles]',
)  # fmt: skip
@click.option('--no-copies', is_flag=True, help='Label the same file only once.')
@click.option(
    '--val-share', type=click.FloatRange(0, 1, max_open=True), default=0.0,
    show_default=True, help='Share of the images for validation.',
)  # fmt: skip
@click.option(
    '--uncertain', type=click.IntRange(min=0), default=0, show_default=True,
    help='List this many images to look at first, in uncertain.jsonl.',
)  # fmt: skip
@click.option('--review', is_flag=True, help='Write review.html, to look through.')
@click.option(
    '--limit', type=click.IntRange(min=1), help='Most images.  [default: all]'
)
@MODEL
@CHECKPOINT
@DEVICE
@BATCH_SIZE
@click.option(
    '--processes', type=click.IntRange(min=1), default=1, show_default=True,
    help='How many look at images; with --device cuda each has a GPU.',
)  # fmt: skip
@click.option(
    '--engine', type=click.Choice(('processes', 'ray')), default='processes',
    show_default=True, help='What starts them; Ray: on all machines of its cluster.',
)  # fmt: skip
def command(**options: Any) -> None:
    """Label a folder."""
    with results_only() as results:
        try:
            from glipv2.labels.command import run
            from glipv2.quiet import quiet_console

            quiet_console()
            said = run(**options)
            if said:
                print(said, file=results)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise click.ClickException(str(error)) from error
