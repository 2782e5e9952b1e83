"""Models of others with weights like ours, to compare with: results and speed."""
