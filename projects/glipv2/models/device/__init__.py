"""What devices demand: precision, compiled operators, transfers, divided models."""
