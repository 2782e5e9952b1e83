"""The table row of a test, printed and written into the work dir."""

import json
from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...evaluation.benchmark_table import benchmark_tables


@HOOKS.register_module()
class BenchmarkReport(Hook):
    """Prints the papers' table rows after a test; writes JSON and Markdown.

    The files are ``benchmark.json`` (all figures as measured, with the config's and the
    checkpoint's name) and ``benchmark.md`` (the tables) in the work dir.
    """

    priority = 'VERY_LOW'

    @master_only
    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Report a test."""
        tables = benchmark_tables(metrics or {})
        if not tables:
            return
        text = '\n'.join(table.to_markdown() for table in tables)
        runner.logger.info(f'\n{text}')
        folder = Path(runner.work_dir)
        (folder / 'benchmark.md').write_text(text, encoding='utf-8')
        content = dict(
            config=Path(runner.cfg.filename or '').name,
            checkpoint=runner.cfg.get('load_from'),
            metrics=metrics,
        )
        file = json.dumps(content, indent=2, default=float)
        (folder / 'benchmark.json').write_text(file + '\n', encoding='utf-8')
