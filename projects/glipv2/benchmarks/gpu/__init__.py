"""Checks of a GPU: results, half precision, time and memory."""
