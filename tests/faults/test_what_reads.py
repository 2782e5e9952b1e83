"""The list of all places that read a format in which a file could act."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What runs or may run what it reads, or imports by a name that may come from a file.
ACTS = {
    'eval', 'exec', '__import__', 'import_module', 'import_modules_from_strings',
    'torch.load', 'torch.jit.load', 'torch.export.load', 'aoti_load_package',
    'pickle.load', 'pickle.loads', 'pickle.Unpickler', 'joblib.load', 'yaml.load',
    'np.load', 'numpy.load', 'fromstring', 'os.system', 'load_module', 'exec_module',
    'get_object_from_string', 'CDLL', 'sympify', 'os.popen',
}  # fmt: skip
BUILT_IN = ('eval', 'exec', '__import__')
# Each with what makes it safe.
ALLOWED = {
    'projects/glipv2/checkpoint/permitted_types.py: torch.load':
        'weights_only, or an unpickler that finds permitted types only',
    'projects/glipv2/checkpoint/permitted_types.py: pickle.Unpickler':
        'the base of that unpickler',
    'projects/glipv2/text/noun_phrases.py: pickle.Unpickler':
        'the base of one for plain containers',
    'projects/glipv2/convert/files.py: torch.load': 'after --trust-pickle only',
    'projects/glipv2/models/backbones/efficientnet_lite.py: torch.load': 'weights_only',
    'projects/glipv2/deployment/exported_model.py: torch.export.load':
        'after --trust-code only',
    'projects/glipv2/deployment/exported_model.py: aoti_load_package':
        'after --trust-code only',
    'projects/glipv2/benchmarks/gpu/exported.py: torch.export.load':
        'a file that it has just written',
    'projects/glipv2/deployment/signal_stack.py: CDLL': "Python's own libc",
    'projects/glipv2_cli/group.py: import_module': 'names in the code',
    'projects/glipv2_cli/scripts.py: exec': 'a script of the package',
    'projects/glipv2/evaluation/caption_metric.py: import_module': 'names in the code',
    'projects/glipv2/environment.py: import_module': 'names in the code',
    'projects/glipv2/later.py: import_module': 'names in the code',
    'projects/glipv2/benchmarks/gpu/checks.py: import_module': 'names in the code',
    'tools/install/verify.py: import_module': 'names in the code',
    'tools/analysis_tools/check_dataset.py: import_modules_from_strings':
        "the user's own config file, which is Python",
}  # fmt: skip


def calls_of(tree: ast.AST) -> Iterator[str]:
    """Name what a module calls or derives from, if it is on the list."""
    for node in ast.walk(tree):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call):
            found = [node.func]
        elif isinstance(node, ast.ClassDef):
            found = node.bases
        for function in found:
            words = ast.unparse(function).split('.')
            if len(words) > 1 and words[-1] in BUILT_IN:  # `model.eval()`
                continue
            for name in (words[-1], '.'.join(words[-2:]), '.'.join(words[-3:])):
                if name in ACTS:
                    yield name


def test_only_known_places_read_what_could_act() -> None:
    found = {
        f'{path.relative_to(ROOT)}: {name}'
        for folder in ('projects', 'tools')
        for path in (ROOT / folder).rglob('*.py')
        if '.mim' not in path.relative_to(ROOT).parts
        for name in calls_of(ast.parse(path.read_text('utf-8')))
    }
    assert sorted(found) == sorted(ALLOWED)


def test_the_reader_sees_calls() -> None:
    text = 'torch.load(x)\nmodel.eval()\na.b.torch.export.load(y)\neval("1")\n'
    assert set(calls_of(ast.parse(text))) == {'torch.load', 'torch.export.load', 'eval'}
