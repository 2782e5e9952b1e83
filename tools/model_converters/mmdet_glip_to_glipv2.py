"""Convert mmdet's GLIP weights to glipv2, and back.

    python tools/model_converters/mmdet_glip_to_glipv2.py tiny_b_mmdet.pth glip_t-b.pth
    python tools/model_converters/mmdet_glip_to_glipv2.py --reverse glip_t-b.pth x.pth

Takes the files of mmdet's model zoo and checkpoints of its training. Nothing is
written unless every weight finds its place.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
from functools import partial

from glipv2.convert.files import run
from glipv2.convert.glip import MMDET, convert_glip

if __name__ == '__main__':
    run(partial(convert_glip, form=MMDET), __doc__)
