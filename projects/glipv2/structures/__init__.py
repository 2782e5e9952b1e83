"""Data that the parts of the model pass to each other."""
