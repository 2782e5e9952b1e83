from . import datasets, engine, models  # noqa
