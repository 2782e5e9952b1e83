"""One object per kind of task, from the pyramid to losses and predictions."""
