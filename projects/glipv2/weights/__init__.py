"""Released weights: which there are, where they are kept, how they are fetched.

``table`` reads the rows, ``download`` fetches files, ``page`` writes the table of
docs/weights.md. ``convert/fetch.py`` makes ours of a fetched file.
"""
