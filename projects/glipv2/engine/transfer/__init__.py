"""The parts of odinw_transfer.py: one cell of the grid, its config, the tables."""
