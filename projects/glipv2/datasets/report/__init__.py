"""The parts of check_dataset.py: reading, checking, drawing and reporting."""
