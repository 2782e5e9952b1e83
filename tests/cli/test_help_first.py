"""``--help`` of every script: at once, without the packages that it works with."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parents[2] / 'tools'
ALL = sorted(str(path) for path in TOOLS.rglob('*.py'))
# Of one process, since even Python's start takes long on a busy machine. It forks
# before anything is imported, so that no script sees what another one left.
DRIVER = """
import argparse, io, json, os, runpy, sys, time
from contextlib import redirect_stdout, redirect_stderr
results = {}
for script in sys.argv[1:]:
    reader, writer = os.pipe()
    if os.fork() == 0:
        sys.argv = [script, '--help']
        sys.path.insert(0, os.path.dirname(script))
        said, code = io.StringIO(), None
        try:
            with redirect_stdout(said), redirect_stderr(said):
                runpy.run_path(script, run_name='__main__')
        except SystemExit as end:
            code = end.code or 0
        except BaseException as error:
            said.write(repr(error))
        heavy = [x for x in ('torch', 'mmengine', 'mmdet', 'transformers')
                 if str(getattr(sys.modules.get(x), '__file__', '')).endswith('.py')]
        spent = time.process_time()
        os.write(writer, json.dumps([code, said.getvalue(), heavy, spent]).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as answer:
        results[script] = json.load(answer)
    os.wait()
print(json.dumps(results))
"""


def unexplained(said: str) -> list[str]:
    """List the options that lack a text, or have a value and no default."""
    found = []
    for entry in re.split(r'\n(?=  \S)', said)[1:]:
        spelling, _, text = entry.strip().partition('  ')
        spelling, _, more = spelling.partition('\n')
        text = ' '.join(f'{text} {more}'.split())
        if not spelling.startswith('-') or spelling.startswith('-h'):
            continue
        is_required = f'[{spelling.split()[0]}' not in said.partition('\n\n')[0]
        has_value = ' ' in spelling.split(', ')[-1]
        told = re.sub(r'\(default: .*\)', '', text)
        if not told.strip() or (
            has_value and not is_required and 'default' not in text
        ):
            found.append(spelling)
    return found


def test_every_script_helps_at_once_and_shows_its_defaults() -> None:
    shown = subprocess.run(
        [sys.executable, '-c', DRIVER, *ALL], check=True, capture_output=True,
        text=True,
        env=dict(os.environ, COLUMNS='1000'),
    )  # fmt: skip
    results = json.loads(shown.stdout)
    assert len(results) == len(ALL) > 40
    for script, (code, said, heavy, seconds) in results.items():
        assert code == 0, (script, said)
        assert said.startswith('usage:'), (script, said)
        assert not heavy, (script, heavy)
        assert seconds < 0.5, (script, seconds)  # of the processor, not of the clock
        assert 'StandIn' not in said and '_Anything' not in said, (script, said)
    texts = {Path(script).name: said for script, (_, said, *_) in results.items()}
    # Of another module, of the script itself, and those that shared functions add.
    assert 'grounded_caption' in texts['image_demo.py']
    assert '(default: 0.3)' in texts['image_demo.py']
    assert '(default: outputs)' in texts['image_demo.py']
    assert '--cfg-options' in texts['train.py']
    bare = {name: unexplained(said) for name, said in texts.items()}
    assert {name: options for name, options in bare.items() if options} == {}


def test_without_help_nothing_is_replaced() -> None:
    asked = 'import sys, glipv2_cli.help_first; import argparse; print(sys.meta_path)'
    plain = subprocess.run(
        [sys.executable, '-c', asked], capture_output=True, text=True, check=True
    )
    assert '_Finder' not in plain.stdout
