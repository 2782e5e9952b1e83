"""One file for each command of ``glipv2``; it is found by being here."""
