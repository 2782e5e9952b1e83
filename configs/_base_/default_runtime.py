"""Runtime of every glipv2 config: mmdet's, our registrations, safe checkpoints.

A line of the log comes every 50 steps, and after 15 seconds (our choice).
"""

_base_ = 'mmdet::_base_/default_runtime.py'

custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)
visualizer = dict(type='PhraseVisualizer')
custom_hooks = [dict(type='CheckpointGuard')]
default_hooks = dict(
    logger=dict(type='TimelyLogger', seconds=15),
    checkpoint=dict(type='KeepCheckpoints'),
    safe_checkpoints=dict(type='SafeCheckpoints'),
    stop_on_signal=dict(type='StopOnSignal'),
    benchmark_report=dict(type='BenchmarkReport'),
    check_images=dict(type='CheckImages'),
    count_skipped=dict(type='CountSkipped'),
    visualization=dict(type='DrawPredictions'),
)
