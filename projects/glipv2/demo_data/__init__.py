"""EmojiScenes: images of emoji on photographs, with exact annotations.

``sheet`` holds the emoji, ``categories`` the trained and the held-out ones,
``backgrounds`` the photographs and textures; ``compose`` makes a ``scene``, one module
per file format writes it, ``emoji_scenes`` makes the data set.
"""
