"""EmojiScenes: images of emoji on photographs, with exact annotations.

``sheet`` holds the emoji, ``categories`` who is trained and who held out,
``backgrounds`` the photographs and textures, ``compose`` makes a ``scene``, and one
module per file format writes it.
"""
