"""GLIP's published weights and ours: names, forms and strict conversion.

``names`` maps their modules to ours, ``forms`` converts layouts of tensors, ``convert``
applies both to every key, ``glip`` and ``swin`` convert files. ``fetch`` gets and
converts what others have published, ``publish`` makes files to give away.
"""
