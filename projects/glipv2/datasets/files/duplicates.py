"""Entries that come twice."""


class DuplicateError(ValueError):
    """An entry whose id another one has."""
