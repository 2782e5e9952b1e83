"""Reading weights and their configs without running code from the file."""
