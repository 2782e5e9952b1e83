"""The command ``glipv2``: its parsers, which do not import the package ``glipv2``.

``import glipv2`` fills mmdet's registries and takes seconds, so commands import it when
their arguments are read and right.
"""
