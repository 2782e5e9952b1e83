"""Exemplars: examples of a name that its words read (MQ-Det, arXiv 2305.18980)."""
