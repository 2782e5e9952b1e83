from . import datasets, models  # noqa
