"""The detector: features, and who does which task."""
