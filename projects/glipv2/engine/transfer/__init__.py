"""Transfer to small data sets: the grid of runs, its configs and tables."""
