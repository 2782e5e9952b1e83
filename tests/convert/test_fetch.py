"""Each published name with a made-up file of its form, from a server and carried."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
import torch
import yaml
from mmdet.registry import MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config

import glipv2.shipped
from glipv2.apis import GLIPv2Inferencer, GLIPv2Processor, from_pretrained
from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.convert.convert import revert
from glipv2.convert.fetch import (
    CONVERTERS,
    get_weights,
    stored_names,
    verify_weights,
)
from glipv2.convert.files import run
from glipv2.convert.names import Shape, official_names
from glipv2.shipped import weights_home
from glipv2.weights.table import release_of, releases
from tests.convert.test_unicl import made_up_weights
from tests.file_server import FileServer, file_server
from tests.tiny_files import write_images

ROOT = Path(__file__).parents[2]
DEPTHS, BLOCKS, LAYERS = (1, 1, 1, 1), 1, 1
CONFIG = """
_base_ = '{base}'
model = dict(
    backbone=dict(embed_dims=12, depths={depths}, num_heads=[1, 2, 2, 2]),
    neck=dict(in_channels=[24, 48, 96], out_channels=16),
    text_encoder=dict(
        _delete_=True, type='TextEncoder',
        source=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                    intermediate_size=48)),
    fusion_neck=dict(in_channels=16, text_dim=32, num_blocks={blocks}, embed_dim=32,
                     num_heads=2, text_num_heads=2, text_feedforward_dim=48),
    bbox_head=dict(in_channels=16, text_dim=32))
"""
NAMES = list(releases())


@pytest.fixture(scope='module')
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[Path, bytes]]:
    """Make a config and an official file of a small GLIP, fused and not."""
    register_all_modules()
    folder = tmp_path_factory.mktemp('files')
    made = {}
    for fused, base in ((True, 'glip_t-b'), (False, 'glip_t-a')):
        config = folder / f'{base}.py'
        path = ROOT / 'configs' / 'glip' / f'{base}.py'
        text = CONFIG.format(base=path, depths=list(DEPTHS), blocks=BLOCKS)
        config.write_text(text)
        torch.manual_seed(0)
        state = MODELS.build(Config.fromfile(config).model).state_dict()
        shape = Shape(DEPTHS, BLOCKS, fused, LAYERS)
        weights = revert(state, official_names(shape), {})
        content = io.BytesIO()
        torch.save(
            dict(model={f'module.{key}': value for key, value in weights.items()}),
            content,
        )
        made[fused] = config, content.getvalue()
    return made


def publish(server: FileServer, release: dict, content: bytes) -> None:
    """Serve a file, and say in the index what it is."""
    server.files[urlparse(release['URL']).path] = content
    release['Size'] = len(content)
    release['SHA-256'] = hashlib.sha256(content).hexdigest()[:8]


@pytest.fixture
def server(
    files: dict[bool, tuple[Path, bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[FileServer]:
    """Serve the files of an index like ours, whose models are small."""
    root = tmp_path / 'root'
    (root / 'projects' / 'glipv2').mkdir(parents=True)
    (root / 'configs').mkdir()
    index = yaml.safe_load((ROOT / 'configs' / 'glip' / 'metafile.yml').read_text())
    with file_server() as server:
        for model in index['Models']:
            config, content = files['t-a' not in model['Config']]
            publish(server, model['Release'], content)
            model['Config'] = str(config)
        (root / 'configs' / 'metafile.yml').write_text(yaml.safe_dump(index))
        metafiles = ['configs/metafile.yml', 'configs/pretrain.yml']
        starts = yaml.safe_load(
            (ROOT / 'configs' / 'pretrain' / 'metafile.yml').read_text()
        )
        unicl = io.BytesIO()
        torch.save(dict(model=made_up_weights()), unicl)
        for row in starts['Start weights']:
            publish(server, row['Release'], unicl.getvalue())
        (root / metafiles[1]).write_text(yaml.safe_dump(starts))
        (root / 'model-index.yml').write_text(yaml.safe_dump(dict(Import=metafiles)))
        monkeypatch.setattr(glipv2.shipped, 'PACKAGE', root / 'projects' / 'glipv2')
        monkeypatch.setenv('GLIPV2_HOME', str(tmp_path / 'home'))
        yield server


def test_every_name(server: FileServer, tmp_path: Path) -> None:
    for name in NAMES:
        file = get_weights(name, mirror=server.address)
        assert file == tmp_path / 'home' / f'{name}.safetensors'
        verify_weights(name)
        assert load_checkpoint_safely(name)['meta']['source'] == release_of(name).file
    assert sorted(x.lower() for x in stored_names()) == sorted(NAMES)
    asked = len(server.asked)
    get_weights(NAMES[0], mirror=server.address)
    assert len(server.asked) == asked == len(NAMES)
    ends = ('.safetensors', '.safetensors.sum', '.lock', 'downloads')
    assert all(x.name.endswith(ends) for x in (tmp_path / 'home').iterdir())
    assert not list((tmp_path / 'home' / 'downloads').iterdir())
    for name in NAMES:
        if release_of(name).config is not None:
            model = from_pretrained(name)
            expected = load_checkpoint_safely(name)['state_dict']
            assert model.state_dict().keys() == expected.keys()
            assert not model.training


@pytest.mark.parametrize('fetched', [False, True])
def test_a_start_is_no_whole_model(server: FileServer, fetched: bool) -> None:
    starts = [name for name in NAMES if release_of(name).config is None]
    assert starts
    for name in starts:
        if fetched:
            get_weights(name, mirror=server.address)
        for load in (
            from_pretrained,
            GLIPv2Inferencer,
            GLIPv2Processor.from_pretrained,
        ):
            with pytest.raises(ValueError, match=f'{name} is no whole model') as no:
                load(name)
            assert 'load_from or init_cfg' in str(no.value)


def test_a_name_is_a_model(server: FileServer, tmp_path: Path) -> None:
    for load in (from_pretrained, GLIPv2Inferencer):
        with pytest.raises(ValueError, match='weights get glip_t-a` fetches'):
            load('glip_t-a')
    with pytest.raises(FileNotFoundError, match='no checkpoint glip_t-a; `glipv2 we'):
        load_checkpoint_safely('glip_t-a')
    assert not server.asked
    get_weights('GLIP_T-A', mirror=server.address)
    model = from_pretrained('glip_t-a')
    expected = load_checkpoint_safely('glip_t-a')['state_dict']
    assert model.state_dict().keys() == expected.keys()
    assert not model.training
    inferencer = GLIPv2Inferencer('glip_t-a', device='cpu', show_progress=False)
    (tmp_path / 'images').mkdir()
    image = write_images(tmp_path / 'images') / '0.png'
    (found,) = inferencer(image, texts='a cat . a dog .')['predictions']
    assert 'scores' in found and 'error' not in found


def test_without_a_network(
    server: FileServer, files: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = release_of('desco_glip_t')
    said = f'download {row.url} .* get desco_glip_t --from desco_glip_tiny.pth'
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    with pytest.raises(OSError, match=said):
        get_weights('desco_glip_t')
    with pytest.raises(OSError, match=f'404.* {said}'):
        get_weights('desco_glip_t', mirror=f'{server.address}/elsewhere')
    carried = tmp_path / 'carried.pth'
    with pytest.raises(FileNotFoundError, match='there is no file'):
        get_weights('desco_glip_t', carried=carried)
    carried.write_bytes(files[True][1][:-1])
    with pytest.raises(ValueError, match='the published file has'):
        get_weights('desco_glip_t', carried=carried)
    carried.write_bytes(files[True][1])
    get_weights('desco_glip_t', carried=carried)
    assert carried.is_file()  # the user's own
    verify_weights('desco_glip_t')


def test_what_to_carry_is_one_message(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row says its file, its place, and what its text needs."""
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    for name in NAMES:
        row = release_of(name)
        with pytest.raises(OSError, match=f'get {row.name} --from {row.file}') as no:
            get_weights(name)
        said = str(no.value)
        assert str(weights_home()) in said and '\n' not in said
        assert ('vocab.json, merges.txt' in said) == name.startswith('unicl')
        assert 'pip download' not in said  # this machine has the packages
    monkeypatch.setattr('glipv2.text.noun_phrases.find_spec', lambda name: None)
    with pytest.raises(OSError, match='find-links wheels nltk textblob-aptagger'):
        get_weights('glip_t')


def test_what_cannot_be_had(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='similar names: glip_t'):
        get_weights('glip_tt')
    path = urlparse(release_of('glip_t').url).path
    server.faults = ['corrupt']
    with pytest.raises(ValueError, match='another file than the published one'):
        get_weights('glip_t', mirror=server.address)
    server.files[path] = b'PK' + bytes(len(server.files[path]) - 2)
    with pytest.raises(ValueError, match='SHA-256'):
        get_weights('glip_t', mirror=server.address)
    assert stored_names() == []


def test_there_and_back_in_either_form(
    server: FileServer, files: dict, tmp_path: Path
) -> None:
    source = tmp_path / 'source.pth'
    source.write_bytes(files[True][1])
    expected = load_checkpoint_safely(source)['model']
    for suffix in ('.pth', '.safetensors'):
        ours, back = tmp_path / f'ours{suffix}', tmp_path / f'back{suffix}'
        config = ('--config', str(files[True][0]))
        run(CONVERTERS['glip'], '', [str(source), str(ours), *config])
        run(CONVERTERS['glip'], '', ['--reverse', str(ours), str(back)])
        found = load_checkpoint_safely(back)
        found = found.get('model', found.get('state_dict'))
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[key], expected[key]) for key in expected)
        assert from_pretrained(ours).cfg.model.type == 'GLIPv2'


def test_damage_is_found(server: FileServer) -> None:
    file = get_weights('glip_t', mirror=server.address)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    for read in (verify_weights, get_weights, load_checkpoint_safely):
        with pytest.raises(ValueError, match='is damaged'):
            read('glip_t')


def test_the_command(tmp_path: Path) -> None:
    def command(*arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, '-m', 'glipv2_cli', 'weights', *map(str, arguments)],
            capture_output=True, text=True, timeout=300,
            env=dict(os.environ, GLIPV2_HOME=str(tmp_path), HF_HUB_OFFLINE='1'),
        )  # fmt: skip

    listed = command('list')
    rows = [line.split('\t')[:3] for line in listed.stdout.splitlines()]
    assert ['glip_t', '3.71 GB', 'MIT'] in rows
    assert len(rows) == len(releases())
    refused = command('get', 'glip_t')
    assert refused.returncode == 2
    own = [x for x in refused.stderr.splitlines() if x.startswith('glipv2')]
    assert len(own) == 1 and '--from glip_tiny_model_o365_goldg_cc_sbu.pth' in own[0]
    assert refused.stdout == '' and 'Traceback' not in refused.stderr
