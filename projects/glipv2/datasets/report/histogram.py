"""How often each class, phrase or answer occurs, as an image."""

from collections import Counter
from pathlib import Path

from matplotlib.figure import Figure

NAMED = 60  # bars that still have room for their names


def draw_histogram(counts: Counter, title: str, out: Path) -> None:
    """Draw the counts, the most frequent first.

    Args:
        counts: By name.
        title: Of the image.
        out: File to write.
    """
    ordered = counts.most_common()
    figure = Figure(figsize=(10, 1.5 + 0.22 * min(len(ordered), NAMED)))
    axes = figure.subplots()
    if len(ordered) <= NAMED:
        # A dollar would start a formula.
        names = [name.replace('$', r'\$')[:40] for name, _ in ordered]
        places = range(len(ordered))
        bars = axes.barh(places, [count for _, count in ordered])
        axes.bar_label(bars, padding=3)
        axes.set_yticks(places, names)
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
