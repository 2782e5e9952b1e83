"""Modules that are imported on first use: absent until then, and the real ones."""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import ModuleType

import pytest

from glipv2.later import PACKAGES, _Module, imported_later

HEAVY = (
    'IPython', 'gradio', 'imgaug', 'matplotlib.pyplot', 'nltk', 'nncf', 'numba', 'onnx',
    'onnxruntime', 'openvino', 'pandas', 'scipy.interpolate', 'scipy.optimize',
    'scipy.special', 'scipy.stats', 'sklearn', 'supervision', 'sympy', 'tensorboard',
    'torch._dynamo', 'torch._inductor', 'torch.distributed.fsdp',
    'torch.distributed.tensor', 'transformers.models',
)  # fmt: skip
ASKED = f"""
import json, sys
from glipv2.apis import GLIPv2Inferencer
early = [name for name in {HEAVY} if name in sys.modules]
stand_ins = [name for name, x in sys.modules.items() if 'later' in str(type(x))]
from glipv2.text.noun_phrases import find_noun_phrases
phrases = len(find_noun_phrases('a dog near a red apple'))
early += [name for name in {HEAVY} if name != 'nltk' and name in sys.modules]
import matplotlib.pyplot
from mmdet.registry import TRANSFORMS
import numpy as np
lanes = TRANSFORMS.build(dict(type='ImageAug', pipeline=[
    dict(name='Resize', parameters=dict(size=dict(height=4, width=6)), p=1)]))
image = lanes.transform(dict(img=np.zeros((8, 12, 3), np.uint8)))['img']
from mmdet.models.task_modules.assigners import hungarian_assigner
columns = hungarian_assigner.linear_sum_assignment([[1, 2], [2, 0]])[1].tolist()
from mmdet.models.task_modules.tracking import InterpolateTracklets
track = np.array([[0, 1, 1, 1, 5, 5, 0.9], [3, 1, 2, 2, 6, 6, 0.9]])
smooth = len(InterpolateTracklets().gaussian_smoothed_interpolation(track))
from mmdet.models.dense_heads import paa_head
mixture = paa_head.skm.GaussianMixture(2).n_components
from transformers.masking_utils import BlockMask
try:
    known = isinstance(3, BlockMask)
except ImportError:
    known = False
import transformers
same = transformers.models.bert.BertModel is transformers.BertModel
print(json.dumps(dict(early=early, stand_ins=stand_ins, shape=image.shape, known=known,
    columns=columns, smooth=smooth, mixture=mixture, same=same,
    phrases=phrases,
    real=type(matplotlib.pyplot).__name__, used='imgaug' in sys.modules)))
"""


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, '-c', ASKED], stdout=subprocess.PIPE, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == dict(
        early=[], stand_ins=[], shape=[4, 6, 3], known=False, columns=[0, 1], smooth=2,
        mixture=2, real='module', used=True, same=True,
        phrases=2,
    )  # fmt: skip


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path) -> str:
    """A package of its own, with a class in one module and another module."""
    folder = tmp_path / 'slow_to_import'
    folder.mkdir()
    (folder / '__init__.py').write_text("__version__ = '1.2'\nfrom . import parts\n")
    (folder / 'parts.py').write_text('options = {}\nclass Part:\n    size = 3\n')
    (folder / 'others.py').write_text('from . import parts\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(PACKAGES, folder.name, 'parts')
    yield folder.name
    for name in [x for x in sys.modules if x.startswith(folder.name)]:
        del sys.modules[name]


DIVIDED = """
import sys
from mmengine import registry
import mmdet.registry
if {early}:
    assert registry.OPTIMIZERS.get('no such one') is None
    assert registry.MODEL_WRAPPERS.get('no such one') is None
    assert registry.STRATEGIES.get('no such one') is None
import glipv2
from glipv2.engine import DividedModel
from mmengine.model import MMFullyShardedDataParallel
from torch.distributed.fsdp import FullyShardedDataParallel
found = dict(
    MMFullyShardedDataParallel=registry.MODEL_WRAPPERS,
    DividedModel=registry.MODEL_WRAPPERS, ZeroRedundancyOptimizer=registry.OPTIMIZERS,
    FSDPStrategy=registry.STRATEGIES, ShardedStrategy=registry.STRATEGIES)
if {child}:  # a project's registries ask their parents, in their own way
    child = registry.Registry('strategy', parent=registry.STRATEGIES, scope='project')
    found = dict(
        MMFullyShardedDataParallel=mmdet.registry.MODEL_WRAPPERS,
        DividedModel=mmdet.registry.MODEL_WRAPPERS, FSDPStrategy=child,
        ZeroRedundancyOptimizer=mmdet.registry.OPTIMIZERS, ShardedStrategy=child)
found = {{name: each.get(name) for name, each in found.items()}}
assert all(isinstance(each, type) for each in found.values()), found
assert issubclass(found['DividedModel'], MMFullyShardedDataParallel)
assert issubclass(found['DividedModel'], FullyShardedDataParallel)
assert issubclass(found['DividedModel'], DividedModel)
"""


@pytest.mark.parametrize('early', [False, True])
@pytest.mark.parametrize('child', [False, True])
def test_registries_have_the_classes_that_wait(child: bool, early: bool) -> None:
    """Also those that were asked before."""
    code = DIVIDED.format(early=early, child=child)
    subprocess.run([sys.executable, '-c', code], check=True)


def test_names_of_a_module_work_as_the_real_ones(package: str) -> None:
    with imported_later():
        import slow_to_import.parts as parts
        from slow_to_import.parts import Part

        assert isinstance(parts, _Module)
        function = parts.Part  # of a name that is not imported by itself
    assert package not in sys.modules
    derived = type('Derived', (parts.Part().__class__,), {})

    class Written(Part):
        pass

    import slow_to_import.parts as real

    parts.options['a'] = 1  # as of pyplot's rcParams
    assert real.options == {'a': 1} and isinstance(function(), real.Part)
    assert isinstance(real, ModuleType) and not isinstance(real, _Module)
    assert type(Part()) is real.Part and Part.size == 3
    assert isinstance(real.Part(), Part) and not isinstance(3, Part)
    assert issubclass(Written, real.Part) and issubclass(derived, real.Part)
    # As annotations that are read at once have it.
    assert Part | None == real.Part | None and None | Part == real.Part | None


def test_a_module_that_is_not_listed_brings_the_real_package(package: str) -> None:
    with imported_later():
        import slow_to_import.others as others

        assert others.parts is sys.modules[f'{package}.parts']
        assert not isinstance(sys.modules[package], _Module)


def test_its_version_is_the_real_one(package: str) -> None:
    with imported_later():
        import slow_to_import

        assert slow_to_import.__version__ == '1.2'


def test_what_is_imported_already_stays(package: str) -> None:
    import slow_to_import.parts as real

    with imported_later():
        import slow_to_import.parts as parts

        assert parts is real


def test_what_is_not_installed_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, 'not_installed_anywhere', 'parts')
    with imported_later(), pytest.raises(ModuleNotFoundError):
        import not_installed_anywhere.parts  # noqa: F401


LAZY = """
from importlib import import_module
number = 2
def __getattr__(name):
    return import_module(f'{__name__}.{name}')
"""


def test_what_is_in_a_package_is_imported_past_its_own_code(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'around' / 'listing').mkdir(parents=True)
    (tmp_path / 'around' / '__init__.py').write_text('number = 1\n')
    (tmp_path / 'around' / 'listing' / '__init__.py').write_text(LAZY)
    (tmp_path / 'around' / 'listing' / 'wanted.py').write_text('from .. import number')
    monkeypatch.setitem(PACKAGES, 'around.listing', '')
    with imported_later():
        assert 'around' not in sys.modules
        from around.listing.wanted import number

        assert isinstance(sys.modules['around.listing'], _Module)
    assert 'around.listing' not in sys.modules
    import around.listing

    assert (number, around.listing.number) == (1, 2)
    assert around.listing.wanted.number == 1
    for name in [x for x in sys.modules if x.partition('.')[0] == 'around']:
        del sys.modules[name]


def test_threads_do_not_take_each_others_stand_ins(package: str) -> None:
    together = Barrier(8)

    def enter(_: int) -> bool:
        together.wait(60)
        for _ in range(100):
            with imported_later():
                import slow_to_import.parts as parts
            if parts.Part().size != 3:
                return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(enter, range(8)))
    assert not any(isinstance(module, _Module) for module in sys.modules.values())


@pytest.fixture
def collects_always() -> Iterator[None]:
    """Every few objects, rubbish is collected; meanwhile another module is imported."""
    names = (f'imported_by_another_thread_{count}' for count in range(1_000_000))
    before = gc.get_threshold()

    def collected(phase: str, _: dict) -> None:
        name = next(names)
        sys.modules[name] = ModuleType(name)

    gc.callbacks.append(collected)
    gc.set_threshold(5)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(collected)
    for name in [x for x in sys.modules if x.startswith('imported_by_another_thread_')]:
        del sys.modules[name]


def test_what_other_threads_import_meanwhile_does_no_harm(
    package: str, collects_always: None
) -> None:
    with imported_later():
        import slow_to_import.parts as parts
    assert parts.Part().size == 3 and package in sys.modules
