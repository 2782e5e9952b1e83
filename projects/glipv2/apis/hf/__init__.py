"""A processor and a model as transformers has them, for people who know only that.

``names`` tells the names in token ids, ``processor`` and ``model`` are the pair.
"""
