"""What travels between the parts of the model."""
