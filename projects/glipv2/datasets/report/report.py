"""Reports of data checks, as Markdown."""

from collections.abc import Sequence
from pathlib import Path

from ...drawing.sample import draw_sample
from .histogram import draw_histogram
from .inspect_dataset import Findings


def describe(found: Findings, max_tokens: int) -> list[str]:
    """Describe contents and problems of a data set.

    Args:
        found: Findings of the data set.
        max_tokens: Most tokens of a prompt.

    Returns:
        Lines of Markdown.
    """
    lines = [
        f'## {found.name} ({found.kind})',
        '',
        f'{found.num_items} samples, {found.num_images} images, '
        f'{found.num_boxes} boxes; {found.num_sampled} samples run through the '
        'pipeline',
    ]
    if found.chunks:
        count = sum(len(chunk.names) for chunk in found.chunks)
        lines += ['', f'{count} class names, prompts of a test:', '']
        lines += [
            f'- {len(chunk.names)} names, {chunk.num_tokens} of {max_tokens} tokens: '
            f'{chunk.names[0]} ... {chunk.names[-1]}'
            for chunk in found.chunks
        ]
    if found.sentence_tokens:
        tokens = found.sentence_tokens
        lines += [
            '',
            f'{len(tokens)} sentences of {min(tokens)} to {max(tokens)} tokens '
            f'(mean {sum(tokens) / len(tokens):.1f}, limit {max_tokens})',
        ]
    problems = found.problems
    kinds = sorted(problems.counts, key=lambda kind: not kind.is_error)
    for kind in kinds:
        count, examples = problems.counts[kind], problems.examples[kind]
        word = 'error' if kind.is_error else 'warning'
        lines += ['', f'### {word}: {kind.title} ({count})', '', f'{kind.advice}', '']
        lines += [f'- {example}' for example in examples]
        if count > len(examples):
            lines.append(f'- and {count - len(examples)} more')
    if not kinds:
        lines += ['', 'nothing is wrong']
    return [*lines, '']


def write_report(
    found: Sequence[Findings], max_tokens: int, out: Path | None, num_drawn: int
) -> str:
    """Describe all data sets; write report and images.

    Args:
        found: Findings of each data set.
        max_tokens: Most tokens of a prompt.
        out: Folder to write to; None: nothing is written.
        num_drawn: Number of samples to draw of each data set.

    Returns:
        The report.
    """
    lines = ['# Data check', '']
    for number, one in enumerate(found):
        lines += describe(one, max_tokens)
        if out is None:
            continue
        out.mkdir(parents=True, exist_ok=True)
        if one.counts.total():
            name = f'histogram_{number}.png'
            draw_histogram(one.counts, one.name, out / name)
            lines += [f'![how often]({name})', '']
        for index, sample in enumerate(one.samples[:num_drawn]):
            name = f'sample_{number}_{index}.png'
            draw_sample(sample).save(out / name)
            lines += [f'![sample {index}]({name})', '']
    errors = sum(one.problems.num_errors for one in found)
    warnings = sum(one.problems.num_warnings for one in found)
    lines.append(f'{errors} errors, {warnings} warnings in {len(found)} data sets')
    report = '\n'.join(lines)
    if out is not None:
        (out / 'report.md').write_text(report + '\n', encoding='utf-8')
    return report
