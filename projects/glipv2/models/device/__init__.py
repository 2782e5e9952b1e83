"""Devices: precision, compiled operators, transfers, divided models."""
