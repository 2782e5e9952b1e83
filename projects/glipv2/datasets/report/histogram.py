"""Histograms of classes, phrases or answers."""

from collections import Counter
from pathlib import Path

from matplotlib.figure import Figure

NAMED = 60  # most bars with names


def draw_histogram(counts: Counter, title: str, out: Path) -> None:
    """Draw counts, the most frequent first.

    Args:
        counts: Counts by name.
        title: Title of the image.
        out: Image file to write.
    """
    ordered = counts.most_common()
    figure = Figure(figsize=(10, 1.5 + 0.22 * min(len(ordered), NAMED)))
    axes = figure.subplots()
    if len(ordered) <= NAMED:
        # matplotlib reads a dollar sign as the start of a formula.
        names = [name.replace('$', r'\$')[:40] for name, _ in ordered]
        rows = range(len(ordered))
        bars = axes.barh(rows, [count for _, count in ordered])
        axes.bar_label(bars, padding=3)
        axes.set_yticks(rows, names)
        axes.invert_yaxis()
        axes.set_xlabel('count')
    else:
        axes.bar(range(len(ordered)), [count for _, count in ordered], width=1.0)
        axes.set_yscale('symlog')
        axes.set_xlabel(f'{len(ordered)} names, most frequent first')
        axes.set_ylabel('count')
        figure.set_size_inches(10, 4)
    axes.set_title(title)
    figure.tight_layout()
    figure.savefig(out)
