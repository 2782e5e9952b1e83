"""Writing a program as a torch.export file, or compiled by AOTInductor."""

import json
import shutil
from pathlib import Path

import torch
from torch.export import ExportedProgram

from .description import KEY, Description

COMPILERS = ('g++', 'clang++')


def check_compiler() -> None:
    """Refuse to compile where there is no compiler.

    Raises:
        OSError: If there is no C++ compiler.
    """
    if not any(shutil.which(name) for name in COMPILERS):
        raise OSError(
            'AOTInductor needs a C++ compiler (g++ or clang++), and there is none; use '
            '--format torch'
        )


def write_torch(program: ExportedProgram, description: Description, path: Path) -> None:
    """Write a program that ``torch.export.load`` reads.

    Args:
        program: Of ``trace``.
        description: Goes into the file, as ``glipv2``.
        path: The file, ``.pt2``.
    """
    content = json.dumps(description.as_dict(), ensure_ascii=False)
    torch.export.save(program, path, extra_files={KEY: content})


def write_compiled(
    program: ExportedProgram, description: Description, path: Path
) -> None:
    """Compile a program for this machine; ``aoti_load_package`` reads it.

    Args:
        program: Of ``trace``.
        description: Goes into the file's metadata, as ``glipv2``.
        path: The file, ``.pt2``.
    """
    content = json.dumps(description.as_dict(), ensure_ascii=False)
    torch._inductor.aoti_compile_and_package(
        program,
        package_path=str(path),
        inductor_configs={'aot_inductor.metadata': {KEY: content}},
    )
