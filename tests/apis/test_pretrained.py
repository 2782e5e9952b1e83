"""Models as folders and on a hub: there and back, with their card."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
import yaml
from mmengine.config import Config

from glipv2.apis import Card, Figure, GLIPv2Inferencer, from_pretrained, save_pretrained
from tests.tiny_files import write_images, write_model_of_all_tasks

CALIBRATION = dict(temperature=1.5, bias=0.5, biases={}, thresholds={'0.9': 0.7})
CARD = Card(
    'shelves', license='mit', data='shelves', command='glipv2 train shelves.py',
    figures=[Figure('shelves test', 'box AP', 61.2, 'glipv2 test')],
    limits=['Shelves alone.'],
)  # fmt: skip


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model_of_all_tasks(tmp_path_factory.mktemp('trained'))


@pytest.fixture(scope='module')
def saved(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = from_pretrained(trained)
    model.calibration = CALIBRATION
    folder = tmp_path_factory.mktemp('saved') / 'shelves'
    save_pretrained(model, folder, CARD)
    (trained.parent / 'answers.txt').unlink()
    return folder


def test_a_folder_there_and_back(trained: Path, saved: Path, tmp_path: Path) -> None:
    files = sorted(x.name for x in saved.iterdir())
    assert files == ['README.md', 'config.py', 'model.safetensors']
    model = from_pretrained(saved)
    expected = torch.load(trained, weights_only=True)['state_dict']
    state = model.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[key], expected[key]) for key in expected)
    assert model.calibration == CALIBRATION
    assert model.cfg.model.vqa_head.answers == ['yes', 'no', '2', 'red']
    assert Config.fromfile(saved / 'config.py').model == model.cfg.model
    image = write_images(tmp_path) / '0.png'
    found = [
        GLIPv2Inferencer(given, device='cpu', show_progress=False)(
            image, texts='is it red?', task='vqa'
        )['predictions']
        for given in (saved, saved / 'model.safetensors')
    ]
    assert found[0] == found[1]
    assert found[0][0]['answer'] in ('yes', 'no', '2', 'red')


def test_the_card(saved: Path) -> None:
    text = (saved / 'README.md').read_text()
    front, body = text.removeprefix('---\n').split('\n---\n', 1)
    head = yaml.safe_load(front)
    assert head['license'] == 'mit'
    assert head['library_name'] == 'glipv2'
    assert head['pipeline_tag'] == 'zero-shot-object-detection'
    assert {'glipv2', 'detection', 'vqa', 'caption'} <= set(head['tags'])
    for said in ('# shelves', 'glipv2 train shelves.py', 'Shelves alone.'):
        assert said in body
    assert '| shelves test | box AP | 61.2 | glipv2 test |' in body
    assert str(saved.parent) not in text


def test_what_is_no_model(
    tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('GLIPV2_HOME', str(tmp_path / 'home'))
    for given, said in (
        (tmp_path, 'has no model.safetensors'),
        ('glipv2_swin-t_coco', 'none are published: train configs/coco'),
        ('glipv2_swin-t_coca', 'similar names: glipv2_swin-t_coco'),
        ('org/nothing', "downloaded unasked: from_pretrained.'org/nothing', downl"),
        (tmp_path / 'none.safetensors', 'there is no checkpoint .*none.safetensors'),
    ):
        for load in (from_pretrained, GLIPv2Inferencer):
            with pytest.raises((FileNotFoundError, ValueError), match=said):
                load(given)
    with pytest.raises(FileNotFoundError, match='the hub could not be reached'):
        from_pretrained('org/nothing', download=True)
    with pytest.raises(ValueError, match='there is no device'):
        from_pretrained(trained, device='gpu')
    model = torch.nn.Linear(1, 1)
    model.cfg = None
    with pytest.raises(ValueError, match='the model has no config'):
        save_pretrained(model, tmp_path / 'saved')


class Hub(ThreadingHTTPServer):
    """Takes a commit and gives its files back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.asked: list[tuple[str, str]] = []
        self.made: dict = {}
        self.files: dict[str, bytes] = {}


class Handler(BaseHTTPRequestHandler):
    """The few answers that an upload and a download need."""

    def do_POST(self) -> None:
        """Make a repository, or take a commit."""
        length = self.headers.get('Content-Length')
        body = self.rfile.read(int(length)) if length else self._chunks()
        self.server.asked.append(('POST', self.path))
        answer: dict = {}
        if self.path.endswith('/repos/create'):
            self.server.made = json.loads(body)
            answer = dict(url=f'http://{self.headers["Host"]}/org/shelves')
        elif '/preupload/' in self.path:
            paths = [file['path'] for file in json.loads(body)['files']]
            answer['files'] = [
                dict(path=path, uploadMode='regular', shouldIgnore=False)
                for path in paths
            ]
        elif '/commit/' in self.path:
            for line in body.splitlines():
                entry = json.loads(line)
                if entry['key'] == 'file':
                    value = entry['value']
                    self.server.files[value['path']] = b64decode(value['content'])
            address = f'http://{self.headers["Host"]}/org/shelves/commit/1'
            answer = dict(commitUrl=address, commitOid='1' * 40)
        self._answer(json.dumps(answer).encode())

    def do_GET(self) -> None:
        """Give a file, or what the hub says of a repository."""
        self.server.asked.append((self.command, self.path))
        content = self.server.files.get(self.path.rpartition('/resolve/main/')[2])
        if '/resolve/' in self.path and content is None:
            self.send_error(404)
            return
        self._answer(b'{}' if content is None else content)

    do_HEAD = do_GET

    def _chunks(self) -> bytes:
        body = b''
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header('Content-Length', str(len(content)))
        self.send_header('X-Repo-Commit', '1' * 40)
        self.send_header('ETag', '"abc"')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


SCRIPT = """
import sys
from glipv2.apis import from_pretrained, push_to_hub
model = from_pretrained(sys.argv[1])
print(push_to_hub(model, 'org/shelves', private=True, token='x'))
try:
    from_pretrained('org/shelves')
except FileNotFoundError:
    print('not unasked')
first = from_pretrained('org/shelves', download=True).state_dict()
again = from_pretrained('org/shelves').state_dict()
assert all((first[key] == again[key]).all() for key in model.state_dict())
print('the same')
"""


def test_a_hub_there_and_back(hub: Hub, saved: Path, tmp_path: Path) -> None:
    address = f'http://127.0.0.1:{hub.server_address[1]}'
    done = subprocess.run(
        [sys.executable, '-c', SCRIPT, str(saved)],
        capture_output=True, text=True, timeout=300,
        env=dict(
            os.environ, HF_ENDPOINT=address, HF_HUB_OFFLINE='0',
            HF_HOME=str(tmp_path / 'hf'), HF_HUB_DISABLE_XET='1',
        ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = [x for x in done.stdout.splitlines() if x[:3] in ('htt', 'not', 'the')]
    assert said == [f'{address}/org/shelves/commit/1', 'not unasked', 'the same']
    assert hub.made['name'] == 'shelves' and hub.made['private'] is True
    assert set(hub.files) >= {'README.md', 'config.py', 'model.safetensors'}
    assert '# org/shelves' in hub.files['README.md'].decode()
    downloads = [x for x in hub.asked if '/resolve/' in x[1] and x[0] == 'GET']
    assert len(downloads) == 1
