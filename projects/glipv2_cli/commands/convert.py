"""``glipv2 convert``: released weights become ours."""

import click

from ..scripts import ScriptCommand

OPTIONS = {
    '--reverse': 'From glipv2 back to the source form.',
    '--trust-pickle': 'Also read pickled Python objects; reading runs their code.',
    '--config FILE': "The model's config.  [default: chosen by the file]",
}


@click.group(help='Convert released weights to glipv2, and back.')
def command() -> None:
    """Convert released weights to glipv2, and back."""


for name, script, summary in (
    ('glip', 'glip_to_glipv2.py', 'GLIP as published (microsoft/GLIP).'),
    ('mmdet-glip', 'mmdet_glip_to_glipv2.py', "mmdet's GLIP."),
    ('swin', 'swin_to_glipv2.py', 'A Swin backbone as published.'),
):
    command.add_command(
        ScriptCommand(
            f'convert {name}',
            script=f'model_converters/{script}',
            usage='SOURCE TARGET',
            summary=summary,
            options=OPTIONS,
            examples=('source.pth target.pth',),
        ),
        name,
    )
command.add_command(
    ScriptCommand(
        'convert publish',
        script='model_converters/publish_model.py',
        usage='CHECKPOINT TARGET',
        summary='Make a file to give away from a trained checkpoint.',
        options={
            '--half': 'Store float16.',
            '--without-text': 'Leave out the weights of a frozen text encoder.',
        },
        examples=('epoch_3.pth model.safetensors --half --without-text',),
    ),
    'publish',
)
