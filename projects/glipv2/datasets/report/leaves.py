"""The data sets of a config that hold samples, under those that only mix or repeat."""

from collections.abc import Iterator, Mapping


def leaf_configs(config: Mapping, name: str) -> Iterator[tuple[str, dict]]:
    """Find the data sets that read files.

    Args:
        config: Of a data set, or of one that mixes or repeats others.
        name: What to call it in reports.

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
