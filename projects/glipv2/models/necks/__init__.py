"""The deep fusion of images and words."""
