"""Faults of machines, disks and files, made on purpose: what a run loses by them."""
