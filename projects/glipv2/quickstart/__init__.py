"""The quickstart: train and measure on EmojiScenes, one stage after the other."""
