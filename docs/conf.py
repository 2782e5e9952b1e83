"""Sphinx settings; `make docs` builds the pages into docs/_build/html."""

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
# The pages describe this checkout, whatever glipv2 is installed.
sys.path[:0] = [str(DOCS / 'extensions'), str(ROOT / 'projects')]

from model_index import ModelIndex  # noqa: E402
from registered_classes import RegisteredClasses  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from glipv2.version import __version__  # noqa: E402

project = 'glipv2'
release = __version__
author = 'the glipv2 contributors'

extensions = [
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.autosummary',
    'sphinx.ext.napoleon',
]
source_suffix = {'.md': 'markdown', '.rst': 'restructuredtext'}
exclude_patterns = ['_build']
templates_path = ['_templates']

myst_heading_anchors = 3

# Bases are mmdet's: their docstrings are in mmdet's documentation.
autodoc_inherit_docstrings = False
autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
autodoc_preserve_defaults = True
# Packages of adapters, which the pages do without.
autodoc_mock_imports = ['autodistill', 'fiftyone', 'ray', 'supervision']
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 88

html_theme = 'furo'
html_title = f'glipv2 {release}'
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Register the directives of ``extensions``.

    Args:
        app: Sphinx.
    """
    app.add_directive('model-index', ModelIndex)
    app.add_directive('registered-classes', RegisteredClasses)
