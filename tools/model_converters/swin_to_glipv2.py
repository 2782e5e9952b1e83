"""Convert a Swin backbone as published (microsoft/Swin-Transformer), and back.

    python tools/model_converters/swin_to_glipv2.py swin_tiny_patch4_window7_224.pth swin_t.pth

The result starts a detector's backbone:
``backbone=dict(init_cfg=dict(type='Pretrained', checkpoint='swin_t.pth'))``.
"""  # noqa: E501

import glipv2_cli.help_first  # noqa: F401

# isort: split
from glipv2.convert.files import run
from glipv2.convert.swin import convert_swin

if __name__ == '__main__':
    run(convert_swin, __doc__)
