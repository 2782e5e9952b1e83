"""Packaging of glipv2: package in projects/glipv2, configs and tools in .mim."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
PACKAGE_DIR = 'projects/glipv2'
MIM_ENTRIES = ('configs', 'tools', 'model-index.yml')


def read_version() -> str:
    """Read ``__version__`` without importing the package.

    Returns:
        The version, such as '0.1.0'.
    """
    namespace: dict[str, str] = {}
    exec((ROOT / PACKAGE_DIR / 'version.py').read_text('utf-8'), namespace)
    return namespace['__version__']


def read_requirements(name: str) -> list[str]:
    """Read the requirement lines of ``requirements/<name>.txt``.

    Args:
        name: File name without its suffix.

    Returns:
        The lines without comments and blank lines.
    """
    text = (ROOT / 'requirements' / f'{name}.txt').read_text('utf-8')
    lines = (line.split('#')[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


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


setup(
    name='glipv2',
    version=read_version(),
    description='GLIPv2 for mmdetection: detection and grounding by text prompts',
    long_description=(ROOT / 'README.md').read_text('utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords='computer vision, object detection, visual grounding, open vocabulary',
    classifiers=[
        'Development Status :: 3 - Alpha',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
    python_requires='>=3.10',
    packages=[
        'glipv2',
        *(f'glipv2.{name}' for name in find_packages(PACKAGE_DIR)),
    ],
    package_dir={'glipv2': PACKAGE_DIR},
    package_data={'glipv2': ['assets/**/*']},
    include_package_data=False,
    install_requires=read_requirements('runtime'),
    extras_require={
        'optional': read_requirements('optional'),
        'tests': read_requirements('tests'),
    },
    cmdclass={'build_py': BuildWithMim},
    zip_safe=False,
)
