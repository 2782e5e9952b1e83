"""All runs of the transfer grid, those that are done left out."""

import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ...whole_file import write_whole
from .cells import ZERO_SHOT, Cell, Settings
from .run_cell import run_cell, start_worker
from .sets import find_set
from .tables import summary_tables


@dataclass(frozen=True)
class Grid:
    """Modes x shots x seeds x sets.

    Args:
        out: Folder of all runs.
        settings: What all runs share.
        sets: Names of sets below ``settings.data``, as for ``find_set``.
        modes: Of ``MODES``; the zero-shot runs are always done.
        shots: Of ``COPIES``.
        seeds: Of the subsets and the runs.
        jobs: Runs at once.
        threads: Of each run.
        keep_checkpoints: Whether the tuned weights stay on disk.
    """

    out: Path
    settings: Settings
    sets: Sequence[str]
    modes: Sequence[str]
    shots: Sequence[str]
    seeds: Sequence[int]
    jobs: int = 1
    threads: int = 1
    keep_checkpoints: bool = False

    def run(self) -> dict[str, str]:
        """Do the runs, print and write the tables.

        Returns:
            Errors by name of a set or run.

        Raises:
            ValueError: If the folder holds runs of other settings.
        """
        (self.out / 'results').mkdir(parents=True, exist_ok=True)
        self._keep_settings()
        sets, failed = [], {}
        for name in self.sets:
            try:
                found = find_set(Path(self.settings.data), name, self.settings.ann_file)
            except FileNotFoundError as error:
                failed[name] = str(error)
            else:
                sets.append(found.name)
        sets = list(dict.fromkeys(sets))
        # The base first: every other run is shown beside it.
        base = [Cell(name, ZERO_SHOT) for name in sets]
        tuned = [
            Cell(name, mode, shot, seed)
            for seed in self.seeds
            for mode in self.modes
            if mode != ZERO_SHOT
            for shot in self.shots
            for name in sets
        ]
        context = multiprocessing.get_context('spawn')
        with ProcessPoolExecutor(
            self.jobs, context, start_worker, (self.threads,)
        ) as pool:
            try:
                results = self._run_cells(pool, base, failed)
                before = {result['dataset']: result for result in results}
                results += self._run_cells(pool, tuned, failed, before)
            except BaseException:  # Ctrl-C: the pool would wait for all runs
                for worker in multiprocessing.active_children():
                    worker.kill()
                raise
        covered = [name for name in sets if name in before]
        report = summary_tables(results, covered, self.shots) if covered else ''
        write_whole(self.out / 'tables.md', report.encode())
        print(report)
        for name, error in failed.items():
            print(f'FAILED {name}: {error}', file=sys.stderr)
        return failed

    def result_of(self, name: str) -> Path:
        """Name the file of a run's figures."""
        return self.out / 'results' / f'{name}.json'

    def _keep_settings(self) -> None:
        """Refuse to go on with other settings: one table would mix them."""
        file, wanted = self.out / 'settings.json', self.settings.as_json()
        if file.is_file() and file.read_text() != wanted:
            raise ValueError(
                f'{self.out} holds runs of other settings (see {file}); name another '
                'folder'
            )
        write_whole(file, wanted.encode())

    def _run_cells(
        self,
        pool: ProcessPoolExecutor,
        cells: Sequence[Cell],
        failed: dict[str, str],
        before: dict[str, dict] | None = None,
    ) -> list[dict]:
        """Run the cells that have no result yet; one that fails stops no other."""
        results, waiting = [], {}
        for cell in cells:
            file = self.result_of(cell.name)
            if file.is_file():
                results.append(json.loads(file.read_text()))
            else:
                arguments = cell, self.settings, self.out, self.keep_checkpoints
                waiting[pool.submit(run_cell, *arguments)] = cell
        print(f'{len(results)} of {len(cells)} runs are there already', flush=True)
        for future in as_completed(waiting):
            cell = waiting[future]
            try:
                results.append(future.result())
            except Exception as error:
                failed[cell.name] = f'{type(error).__name__}: {error}'
                print(f'{cell.name} failed: {error}', flush=True)
            else:
                print(_describe(cell, results[-1], before), flush=True)
        return results


def _describe(cell: Cell, result: dict, before: dict[str, dict] | None) -> str:
    """Describe a run in one line: AP of the new and the old task, before and after."""
    base = (before or {}).get(cell.dataset)
    parts = []
    for key in ('new', 'old'):
        if key in result:
            first = f'{100 * base[key]:.1f} -> ' if base else ''
            parts.append(f'{key} AP {first}{100 * result[key]:.1f}')
    steps = f', {result["steps"]} steps' if 'steps' in result else ''
    return f'{cell.name}: {", ".join(parts)}{steps}, {result["seconds"]} s'
