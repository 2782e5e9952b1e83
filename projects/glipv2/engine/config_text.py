"""The text of a config, laid out once.

mmengine has yapf lay the same text out when it logs, dumps and draws the config, and
for each checkpoint: half a second each for a small config, 7 for the 13 sets of ODinW.
"""

from typing import Any

from yapf.yapflib import yapf_api

LONGEST = 50_000  # characters; longer ones keep mmengine's own lines
_yapf = yapf_api.FormatCode


_remembered: dict[str, str] = {}  # at most one: the config of this run


def lay_out_once() -> None:
    """Remember what yapf makes of a config's text, from now on in this process."""
    yapf_api.FormatCode = _format


def _format(text: str, *args: Any, **kwargs: Any) -> tuple[str, bool]:
    if len(text) > LONGEST:
        return text, False
    if text not in _remembered:
        laid_out, _ = _yapf(text, *args, **kwargs)
        _remembered.clear()
        _remembered[text] = laid_out
    return _remembered[text], _remembered[text] != text
