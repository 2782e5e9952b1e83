"""GLIP's published weights and ours: names, forms and strict conversion.

``names`` says which of their modules is which of ours, ``forms`` how a tensor is laid
out on both sides, ``convert`` applies both and accounts for every key.
"""
