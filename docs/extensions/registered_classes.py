"""The directive ``registered-classes``: classes of a subpackage that configs name.

Its argument is a subpackage; each of its classes that is in one of mmdet's registries
is shown with its arguments, which are the keys of a config.
"""

from importlib import import_module

import mmdet.registry
from docutils import nodes
from mmengine.registry import Registry
from sphinx.util.docutils import SphinxDirective


class RegisteredClasses(SphinxDirective):
    """An ``autoclass`` for every registered class, in alphabetical order."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the entries.

        Returns:
            Their nodes.
        """
        lines: list[str] = []
        for cls in registered_classes(self.arguments[0]):
            place = f'{cls.__module__}.{cls.__qualname__}'
            # The API reference has the entry that links lead to.
            lines += ['```{eval-rst}', f'.. autoclass:: {place}', '   :no-index:']
            lines += ['```', '']
        return self.parse_text_to_nodes('\n'.join(lines))


def registered_classes(subpackage: str) -> list[type]:
    """List the classes of a subpackage that are in mmdet's registries.

    Args:
        subpackage: Such as ``'glipv2.models'``.

    Returns:
        The classes, by name.

    Raises:
        ValueError: If there is none.
    """
    import_module(subpackage)
    found = {
        cls.__name__: cls
        for registry in vars(mmdet.registry).values()
        if isinstance(registry, Registry)
        for cls in registry.module_dict.values()
        if cls.__module__.startswith(f'{subpackage}.')
    }
    if not found:
        raise ValueError(f'no class of {subpackage} is in a registry of mmdet')
    return [found[name] for name in sorted(found)]
