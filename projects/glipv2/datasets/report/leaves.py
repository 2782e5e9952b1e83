"""The data sets that read files, inside those that mix or repeat others."""

from collections.abc import Iterator, Mapping


def leaf_configs(config: Mapping, name: str) -> Iterator[tuple[str, dict]]:
    """Find the data sets that read files.

    Args:
        config: Config of a data set or of a wrapper.
        name: Its name in reports.

    Yields:
        Name and config of each.
    """
    if 'datasets' in config:
        for number, inner in enumerate(config['datasets']):
            yield from leaf_configs(inner, f'{name}.datasets.{number}')
    elif 'dataset' in config:
        yield from leaf_configs(config['dataset'], f'{name}.dataset')
    else:
        yield name, dict(config)
