"""Runtime of every glipv2 config: mmdet's, our registrations, safe checkpoints.

A line of the log comes every 50 steps, and after 15 seconds (our choice).
"""

_base_ = 'mmdet::_base_/default_runtime.py'

custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)
custom_hooks = [dict(type='CheckpointGuard')]
default_hooks = dict(
    logger=dict(type='TimelyLogger', seconds=15),
    benchmark_report=dict(type='BenchmarkReport'),
)
