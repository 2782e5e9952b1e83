"""Damaged and forged files: each is read as before or refused in one line."""

import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import onnx
import torch

from ...checkpoint.config import config_of
from ...checkpoint.config_types import registered_names
from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.release_file import read_release, write_release
from ...deployment import ExportedModel
from ...deployment.description import KEY, Description
from ...models.language_models.prompt_offsets import FORMAT, PromptOffsets
from ...text.answer_list import read_answers
from .child import code_of, start
from .judge import nothing_acts
from .outcome import Outcome

PIECES = (
    'os.system', '__import__', 'open', '"', "'", '(', ')', '[', '{', 'type', '_scope_',
    'init_cfg', 'lambda: 0', '*', '**', 'exec("1")', '\n', '\0', '\\x00', 'é', '0x',
    '=', '1e999', 'import os\n', 'type="os.system"', 'dict(type="shutil.rmtree")', '-',
    'f"{1}"',
)  # fmt: skip
# What forged programs of a pickle are made of.
FORGED = (
    b'cos\nsystem\n', b'cbuiltins\neval\n', b'csubprocess\nrun\n', b'R', b'(', b't',
    b'\x81', b'b', b'.', b'\x93', b'X\x02\x00\x00\x00os', b'\x85', b'0', b'}', b'u',
    b'\xff' * 4, b'\x8a\x08' + b'\xff' * 8,
)  # fmt: skip
BATCH = 500  # cases of one process


def checkpoints(tries: int, seed: int, folder: Path) -> Outcome:
    """Damage any bytes of a checkpoint; what is read has to be what was written."""
    whole = _write_checkpoint(folder / 'whole.pth')
    expected = load_checkpoint_safely(folder / 'whole.pth')['state_dict']

    def case(chance: random.Random, path: Path) -> None:
        path.write_bytes(damaged(whole, chance))
        with nothing_acts():
            found = load_checkpoint_safely(path)
        same = found['state_dict'].keys() == expected.keys() and all(
            torch.equal(found['state_dict'][key], expected[key]) for key in expected
        )
        if not same:
            raise AssertionError('other weights are read')

    return _try(
        Outcome('bytes of a checkpoint changed, cut or zero'),
        tries, seed, folder / 'damaged.pth', case,
    )  # fmt: skip


def forged_checkpoints(tries: int, seed: int, folder: Path) -> Outcome:
    """Change the program in a checkpoint, with checksums that fit."""
    _write_checkpoint(folder / 'whole.pth')
    with zipfile.ZipFile(folder / 'whole.pth') as archive:
        content = {name: archive.read(name) for name in archive.namelist()}

    def case(chance: random.Random, path: Path) -> None:
        with zipfile.ZipFile(path, 'w') as archive:
            for name, data in content.items():
                if name.endswith('data.pkl'):
                    data = damaged(data, chance, FORGED)
                archive.writestr(name, data)
        with nothing_acts():
            load_checkpoint_safely(path)

    return _try(
        Outcome('program of a checkpoint forged'),
        tries, seed, folder / 'forged.pth', case,
    )  # fmt: skip


def configs(tries: int, seed: int, folder: Path) -> Outcome:
    """Change the config inside a checkpoint."""
    whole = (
        "model = dict(type='GLIPv2', backbone=dict(type='ResNet', depth=18), "
        "neck=dict(type='FPN', in_channels=[16, 32]), test_cfg=dict(nms=dict("
        "type='nms', iou_threshold=0.6)))\ncustom_imports = dict(imports=['glipv2'])\n"
    )
    pieces = [*sorted(registered_names()), *PIECES]

    def case(chance: random.Random, path: Path) -> None:
        text = whole
        for _ in range(chance.randint(1, 4)):
            begin = chance.randrange(len(text))
            end = min(len(text), begin + chance.choice((0, 0, 1, 5, 40)))
            text = text[:begin] + chance.choice(pieces) + text[end:]
        with nothing_acts():
            config_of(dict(meta=dict(cfg=text)), path)

    return _try(
        Outcome('config in a checkpoint forged'),
        tries, seed, folder / 'config.pth', case,
    )  # fmt: skip


def prompt_files(tries: int, seed: int, folder: Path) -> Outcome:
    """Change values of a prompt file."""
    table = PromptOffsets(4, max_tokens=8)
    odd = (
        None, -1, 3.5, 'x', [], {}, torch.zeros(0), torch.zeros(3, 4),
        torch.full((2, 4), float('nan')), torch.tensor(2), [None], FORMAT,
    )  # fmt: skip

    def case(chance: random.Random, path: Path) -> None:
        entry = dict(ids=torch.tensor([101, 7]), offsets=torch.zeros(2, 4).half())
        content = dict(meta=dict(format=FORMAT, name='a', texts=[]), prompts=[entry])
        places = [content, content['meta'], entry]
        for _ in range(chance.randint(1, 3)):
            place = chance.choice(places)
            key = chance.choice(list(place) or ['x'])
            if chance.random() < 0.3:
                place.pop(key, None)
            else:
                place[key] = chance.choice(odd)
        torch.save(content, path)
        with nothing_acts():
            table.load(path)
        table.remove(content['meta']['name'])

    return _try(Outcome('prompt file forged'), tries, seed, folder / 'prompt.pth', case)


def released_files(tries: int, seed: int, folder: Path) -> Outcome:
    """Damage a released file, most often in its header."""
    file = folder / 'whole.safetensors'
    write_release(file, dict(a=torch.zeros(20, 3), b=torch.ones(4)), 'model = dict()')
    whole = file.read_bytes()
    header = whole.index(b'}}') + 2
    read_release(file)  # imports what reading needs

    def case(chance: random.Random, path: Path) -> None:
        if chance.random() < 0.3:
            path.write_bytes(damaged(whole, chance))
        else:
            pieces = [piece.encode() for piece in PIECES]
            path.write_bytes(damaged(whole[:header], chance, pieces) + whole[header:])
        with nothing_acts():
            found = read_release(path)
            if 'cfg' in found['meta']:
                config_of(found, path)

    return _try(
        Outcome('released file damaged or forged'),
        tries, seed, folder / 'released.safetensors', case,
    )  # fmt: skip


def exported_files(tries: int, seed: int, folder: Path) -> Outcome:
    """Damage an exported file, or forge its metadata."""
    description = Description(
        names=('a',), prompts=('a.',), preprocess=True, postprocess=True, size=None,
        min_size=33, resize=None, channels='rgb', mean=(0.0,) * 3, std=(1.0,) * 3,
        mask_threshold=None, half=False,
    )  # fmt: skip
    value = onnx.helper.make_tensor_value_info('image', onnx.TensorProto.FLOAT, [3])
    node = onnx.helper.make_node('Relu', ['image'], ['bboxes'])
    output = onnx.helper.make_tensor_value_info('bboxes', onnx.TensorProto.FLOAT, [3])
    graph = onnx.helper.make_graph([node], 'graph', [value], [output])
    model = onnx.helper.make_model(
        graph, ir_version=9, opset_imports=[onnx.helper.make_opsetid('', 18)]
    )
    text = json.dumps(description.as_dict())

    def write(path: Path, metadata: str) -> bytes:
        onnx.helper.set_model_props(model, {KEY: metadata})
        onnx.save(model, path)
        return path.read_bytes()

    whole = write(folder / 'whole.onnx', text)
    ExportedModel(folder / 'whole.onnx')  # imports what reading needs

    def case(chance: random.Random, path: Path) -> None:
        if chance.random() < 0.5:
            path.write_bytes(damaged(whole, chance))
        else:
            forged = damaged(text.encode(), chance, [x.encode() for x in PIECES])
            write(path, forged.decode('utf-8', 'replace'))
        with nothing_acts():
            ExportedModel(path)

    return _try(
        Outcome('exported file damaged or forged'),
        tries, seed, folder / 'exported.onnx', case,
    )  # fmt: skip


def answer_lists(tries: int, seed: int, folder: Path) -> Outcome:
    """Damage a list of answers."""
    forms = (b'yes\nno\n2\nred\n', b'["yes", "no", "2"]', 'größe\nrot\n'.encode())

    (folder / 'whole.txt').write_bytes(forms[0])
    read_answers(str(folder / 'whole.txt'))  # imports what reading needs

    def case(chance: random.Random, path: Path) -> None:
        pieces = [b'"', b'[', b']', b'\xff', b'\0', b'null', b'{}', b'[' * 2000, b'\n']
        path.write_bytes(damaged(chance.choice(forms), chance, pieces))
        with nothing_acts():
            read_answers(str(path))

    return _try(
        Outcome('list of answers damaged'), tries, seed, folder / 'answers.txt', case
    )


def damaged(
    whole: bytes, chance: random.Random, pieces: tuple[bytes, ...] | list[bytes] = ()
) -> bytes:
    """Damage bytes in one of the ways in which files are, or insert pieces.

    Args:
        whole: The bytes.
        chance: Chooses the way and the place.
        pieces: Some of which are put somewhere.

    Returns:
        Other bytes.
    """
    begin = chance.randrange(len(whole))
    end = min(len(whole), begin + chance.choice((1, 1, 4, 64, 4096)))
    ways = {
        'cut': lambda: whole[:begin],
        'zero': lambda: whole[:begin] + bytes(end - begin) + whole[end:],
        'noise': lambda: whole[:begin] + chance.randbytes(end - begin) + whole[end:],
        'gone': lambda: whole[:begin] + whole[end:],
        'twice': lambda: whole[:end] + whole[begin:],
        'zero from': lambda: whole[:begin] + bytes(len(whole) - begin),
    }
    if not pieces:
        return ways[chance.choice(list(ways))]()
    found = whole
    for _ in range(chance.randint(1, 4)):
        begin = chance.randrange(len(found) + 1)
        length = chance.choice((0, 0, 1, 5, 40))
        found = found[:begin] + chance.choice(pieces) + found[begin + length :]
    return found


def _write_checkpoint(path: Path) -> bytes:
    torch.manual_seed(0)
    content = dict(
        meta=dict(cfg='model = dict()', iter=3, epoch=1),
        state_dict=dict(a=torch.randn(40, 30), b=torch.arange(7), c=torch.ones(3)),
        message_hub=dict(runtime_info=dict(last='x')),
    )
    torch.save(content, path)
    return path.read_bytes()


def _try(
    outcome: Outcome,
    tries: int,
    seed: int,
    path: Path,
    case: Callable[[random.Random, Path], object],
) -> Outcome:
    """Try cases in processes of their own, whose interpreter may crash."""
    notes = path.with_suffix('.notes')
    for first in range(0, tries, BATCH):
        numbers = range(first, min(tries, first + BATCH))

        def work(numbers: range = numbers) -> None:
            with open(notes, 'w') as file:
                for number in numbers:
                    # Noted first, so that the case of a crash is known.
                    file.write(f'{number}\t')
                    file.flush()
                    file.write(_problem_of(case, seed + number, path) + '\n')

        code = code_of(start(work), 600)
        lines = notes.read_text().splitlines()
        outcome.tried += len(numbers)
        outcome.lost += [line for line in lines if line.split('\t')[1]]
        if code != 0:
            outcome.lost.append(f'case {lines[-1]}: the process ended with {code}')
        os.unlink(notes)
    return outcome


def _problem_of(case: Callable, seed: int, path: Path) -> str:
    """Run a case; give nothing if it is read, or refused in one line."""
    try:
        case(random.Random(seed), path)
    except ValueError as error:
        if '\n' in str(error) or path.name not in str(error):
            return f'not one line with the name: {str(error)[:200]!r}'
    except Exception as error:
        return f'{type(error).__name__}: {str(error)[:200]!r}'
    return ''
