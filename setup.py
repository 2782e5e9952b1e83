"""Build step that pyproject.toml cannot say: configs and tools go into .mim."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PACKAGE_DIR = 'projects/glipv2'
MIM_ENTRIES = ('configs', 'tools', 'model-index.yml')


class BuildWithMim(build_py):
    """Builds the package and puts configs and tools where OpenMMLab's mim looks."""

    def run(self) -> None:
        """Copy into the build; in an editable install link into the source tree."""
        super().run()
        if self.editable_mode:
            target = ROOT / PACKAGE_DIR / '.mim'
        else:
            target = Path(self.build_lib) / 'glipv2' / '.mim'
        # Start anew: an earlier build may hold files that are gone by now.
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for entry in MIM_ENTRIES:
            if self.editable_mode:
                (target / entry).symlink_to(Path('../../..') / entry)
            elif (ROOT / entry).is_dir():
                ignored = shutil.ignore_patterns('__pycache__', '*.py[cod]')
                shutil.copytree(ROOT / entry, target / entry, ignore=ignored)
            else:
                shutil.copy2(ROOT / entry, target / entry)


setup(cmdclass={'build_py': BuildWithMim})
