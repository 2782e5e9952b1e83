"""Banks from COCO files, and what the queries in them are."""

import json
from pathlib import Path

import pytest
import torch
from mmdet.utils import register_all_modules
from mmengine.dataset import Compose

from glipv2.checkpoint.example_bank import ExampleBank, read_bank
from glipv2.engine.by_example.choice import spread
from glipv2.engine.by_example.coco_bank import bank_of_coco
from glipv2.engine.by_example.query_maker import QueryMaker
from glipv2.engine.test_pipeline import build_loader, build_pipeline
from glipv2.models.exemplars.box_queries import box_queries
from glipv2.models.exemplars.identity import vision_identity
from tests.tiny import CHANNELS, example_changes, tiny_model
from tests.tiny_files import SIZES, config_of, write_images


@pytest.fixture(scope='module')
def maker() -> QueryMaker:
    register_all_modules()
    torch.manual_seed(0)
    model = tiny_model(**example_changes()).eval()
    pipeline: Compose = build_pipeline(config_of(), with_loader=False)
    return QueryMaker(model, pipeline)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write images with boxes: a key in each, a dog in one, a dot, a crowd."""
    folder = write_images(tmp_path_factory.mktemp('images'))
    images = [
        dict(id=i, file_name=f'{i}.png', height=height, width=width)
        for i, (height, width) in enumerate(SIZES)
    ]
    boxes = [(1, i, [4, 4, 20 + i, 24], 0) for i in range(len(SIZES))]
    boxes += [(2, 1, [8, 8, 30, 30], 0), (3, 0, [5, 5, 3, 3], 0)]
    boxes += [(2, 2, [0, 0, 40, 40], 1)]
    content = dict(
        images=images,
        annotations=[
            dict(id=n + 1, category_id=c, image_id=i, bbox=b, iscrowd=crowd,
                 area=b[2] * b[3])
            for n, (c, i, b, crowd) in enumerate(boxes)
        ],
        categories=[dict(id=1, name='key'), dict(id=2, name='dog'),
                    dict(id=3, name='dot')],
    )  # fmt: skip
    (folder / 'boxes.json').write_text(json.dumps(content))
    return folder


def make(maker: QueryMaker, folder: Path, **options: object) -> ExampleBank:
    loader = build_loader(config_of())
    return bank_of_coco(maker, loader, folder / 'boxes.json', folder, **options)


def test_a_bank_has_boxes_of_every_name(maker: QueryMaker, folder: Path) -> None:
    bank = make(maker, folder, count=3)
    sizes = {name: tuple(x.shape) for name, x in bank.queries.items()}
    assert sizes == {'key': (3, 1, CHANNELS), 'dog': (1, 1, CHANNELS)}
    fewer = make(maker, folder, count=1, names=['key'])
    assert list(fewer.queries) == ['key']
    assert (bank.queries['key'] == fewer.queries['key']).flatten(1).all(1).any()
    other = make(maker, folder, count=3, seed=1)
    assert not torch.equal(other.queries['key'], bank.queries['key'])
    with pytest.raises(ValueError, match='no category cup'):
        make(maker, folder, names=['cup'])
    with pytest.raises(ValueError, match='no box that can be an example'):
        make(maker, folder, names=['dot'])


def test_a_query_is_the_mean_of_its_grown_box() -> None:
    """A level that grows to the right: the mean is its value at the centre."""
    columns = torch.arange(32.0).expand(1, 1, 32, 32)
    pyramid = [columns, torch.full((1, 1, 16, 16), 99.0)]
    boxes = torch.tensor([[64.0, 64, 96, 96], [0.0, 0, 16, 16], [0, 0, 256, 256]])
    found = box_queries(pyramid, boxes, (256, 256), (256, 256))
    # Cell 10 has its centre at 84 pixels; the second box is cut at the border.
    assert found[0].item() == pytest.approx(80 / 8 - 0.5, abs=1e-4)
    assert found[1].item() == pytest.approx(10 / 8 - 0.5, abs=0.1)
    assert found[2].item() == pytest.approx(99, abs=1e-4)


def test_files_of_banks(maker: QueryMaker, folder: Path, tmp_path: Path) -> None:
    bank = make(maker, folder)
    own = vision_identity(maker.model)
    odd = dict(bank.queries, **{'__metadata__': bank.queries['dog']})
    ExampleBank(odd, own).save(tmp_path / 'bank.safetensors')
    again = read_bank(tmp_path / 'bank.safetensors', own)
    assert list(again.queries) == list(odd)
    assert all(torch.equal(again.queries[name], odd[name]) for name in odd)
    assert (tmp_path / 'bank.safetensors').stat().st_size < 4000
    with pytest.raises(ValueError, match='examples of another model'):
        read_bank(tmp_path / 'bank.safetensors', 'another')
    (tmp_path / 'broken.safetensors').write_bytes(b'no file')
    with pytest.raises(ValueError, match='cannot be read'):
        read_bank(tmp_path / 'broken.safetensors', own)
    with pytest.raises(FileNotFoundError):
        read_bank(tmp_path / 'none.safetensors', own)
    for queries, message in (
        ({'dog': odd['dog'], 'Dog ': odd['dog']}, 'a name twice'),
        ({'()': odd['dog']}, 'no word'),
        ({'dog': odd['dog'][:, 0]}, 'not .n, 1, channels.'),
        ({'dog': odd['dog'] * float('nan')}, 'not finite'),
    ):
        with pytest.raises(ValueError, match=message):
            ExampleBank(queries, own)


def test_an_identity_is_of_what_sees(maker: QueryMaker) -> None:
    own = vision_identity(maker.model)
    torch.manual_seed(0)
    again = tiny_model(**example_changes()).eval()
    assert vision_identity(again) == own
    torch.nn.init.ones_(again.text_encoder.example_reader.gated[0].feedforward_gate)
    assert vision_identity(again) == own
    assert vision_identity(again.to(torch.bfloat16)) == own
    with torch.no_grad():
        again.neck.lateral_convs[0].conv.weight.mul_(2)
    assert vision_identity(again) != own


def test_a_thousand_become_few_of_all() -> None:
    assert spread(range(1000), 4) == [0, 250, 500, 750]
    assert spread([1, 2], 4) == [1, 2]
