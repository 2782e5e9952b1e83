"""Convert official GLIP weights (microsoft/GLIP) to glipv2, and back.

    python tools/model_converters/glip_to_glipv2.py glip_tiny_o365.pth glip_t-b.pth
    python tools/model_converters/glip_to_glipv2.py --reverse glip_t-b.pth back.pth

GLIP-T (A), (B), (C), GLIP-T, GLIP-L and MQ-GLIP of both sizes are told apart by what
the file holds. Nothing is written unless every weight finds its place.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
from functools import partial

from glipv2.convert.files import run
from glipv2.convert.glip import OFFICIAL, convert_glip

if __name__ == '__main__':
    run(partial(convert_glip, form=OFFICIAL), __doc__)
