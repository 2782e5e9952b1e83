"""Text encoders: words to P0."""
