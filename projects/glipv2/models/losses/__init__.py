"""Losses of pre-training, and their inputs."""
