"""Make the demo's images anew: projects/glipv2/assets/examples."""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.quickstart.examples import write_images

if __name__ == '__main__':
    argparse.ArgumentParser(description=__doc__).parse_args()
    write_images()
