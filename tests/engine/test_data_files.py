"""Missing data are named, with where to read, before anything is built."""

import re
from pathlib import Path

import pytest
from mmengine.config import Config

from glipv2.data_page import SECTIONS, section_of
from glipv2.datasets.available_datasets import AvailableDatasets
from glipv2.datasets.caption_file import read_captions
from glipv2.datasets.coco.file import read_coco_file
from glipv2.datasets.files.utf8_file import utf8_file
from glipv2.datasets.transforms.ask_names import AskNames
from glipv2.engine.data_files import check_data_files
from glipv2.engine.transfer.sets import find_set
from glipv2.text.answer_list import read_answers
from glipv2.text.name_wording import read_wording
from tests.all_configs import config_of
from tests.forked import run_forked

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'configs').rglob('*.py')
    if '_base_' not in path.parts
)
DATA_PAGE = (ROOT / 'docs/data.md').read_text('utf-8')


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no data is."""
    monkeypatch.chdir(tmp_path)


def message(config: dict, split: str = 'test') -> str:
    """Check a config whose data are not there."""
    with pytest.raises(FileNotFoundError) as caught:
        check_data_files(Config(config), [split])
    return str(caught.value)


def test_every_section_is_in_the_page() -> None:
    for _, section in SECTIONS:
        assert f'\n## {section}\n' in DATA_PAGE


@pytest.mark.parametrize('path', CONFIGS)
def test_every_config_names_a_section_of_its_set(path: str) -> None:
    config = config_of(path)
    pages = {'custom': r'docs/own_data\.md', 'distil': r'docs/labels\.md'}
    page = pages.get(Path(path).parent.name, r'docs/data\.md, section "[^"]+"')
    for split in ('train', 'val', 'test'):
        with pytest.raises(FileNotFoundError) as caught:
            check_data_files(config, [split])
        assert re.fullmatch(
            rf'there is no (file|folder) data/.+ \({split}_dataloader.+\): see {page}',
            str(caught.value),
        )


@pytest.mark.parametrize(
    'keys',
    [
        dict(ann_file='a.json'),
        dict(question_file='a.json'),
        dict(ann_file='', label_map_file='a.json'),
        dict(sentences='data/mine/a.json'),
        dict(data_prefix=dict(img='a.json')),
        dict(data_prefix=dict(seg='a.json')),
    ],
)
@pytest.mark.parametrize(
    'wrap',
    [
        lambda config: config,
        lambda config: dict(type='RepeatDataset', times=1, dataset=config),
        lambda config: dict(type='ConcatDataset', datasets=[config]),
        lambda config: dict(type='AvailableDatasets', datasets=[config]),
        lambda config: dict(type='MixedDataset', datasets=[dict(dataset=config)]),
    ],
)
def test_each_key_of_a_set_is_checked_in_each_wrapper(keys: dict, wrap: object) -> None:
    config = dict(type='CocoTextDataset', data_root='data/mine', **keys)
    said = message(dict(test_dataloader=dict(dataset=wrap(config))))
    assert 'data/mine/a.json (test_dataloader.dataset' in said
    assert said.endswith('see docs/own_data.md')


@pytest.mark.parametrize(
    'evaluator',
    [
        dict(type='StreamingLVISMetric', ann_file='lost.json'),
        [dict(type='VQAMetric'), dict(type='CocoMetric', ann_file='lost.json')],
        dict(
            type='MultiDatasetsEvaluator',
            metrics=[dict(type='ReferringPrecision', ann_file='lost.json')],
        ),
    ],
)
def test_a_metrics_file_is_checked(evaluator: object) -> None:
    said = message(dict(test_evaluator=evaluator))
    assert re.match(r'there is no file lost\.json \(test_evaluator\..*ann_file\)', said)


def test_what_is_there_or_elsewhere_passes(tmp_path: Path) -> None:
    (tmp_path / 'train').mkdir()
    (tmp_path / 'a.json').write_text('{}')
    sets = [
        dict(data_root=str(tmp_path), ann_file='a.json', data_prefix=dict(img='train')),
        dict(
            data_root='/no',
            ann_file=f'{tmp_path}/a.json',
            data_prefix=dict(img=str(tmp_path)),
        ),
        dict(data_root='s3://bucket/set', ann_file='a.json'),
        dict(ann_file='a.json', backend_args=dict(backend='petrel')),
        dict(ann_file='', data_prefix={}),
    ]
    config = dict(
        test_dataloader=dict(dataset=dict(type='ConcatDataset', datasets=sets)),
        test_evaluator=[dict(ann_file='a.json'), dict(ann_file='s3://bucket/b.json')],
    )
    check_data_files(Config(config), ['train', 'val', 'test'])


def test_sets_that_may_be_left_out_do_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / 'b.json').write_text('{}')
    one, two = dict(ann_file='a.json'), dict(ann_file='b.json')
    config = dict(
        test_dataloader=dict(
            dataset=dict(type='AvailableDatasets', datasets=[one, two])
        ),
        test_evaluator=dict(type='DatasetMeansEvaluator', metrics=[one, two]),
    )
    check_data_files(Config(config), ['test'])
    (tmp_path / 'b.json').unlink()
    assert 'there is no file a.json' in message(config)
    (tmp_path / 'b.json').write_text('{}')
    # A set that is there is checked whole.
    config['test_dataloader']['dataset']['datasets'][1]['data_prefix'] = dict(img='no')
    assert 'there is no folder no (' in message(config)


@pytest.mark.parametrize(
    ('path', 'page'),
    [
        ('data/coco/annotations/dataset_coco.json', 'COCO captions'),
        ('/disk/coco/train2014/', 'COCO 2017'),
        ('/disk/sets/instances_val2017.json', 'COCO 2017'),
        ('/x/lvis_v1_val.json', 'LVIS v1'),
        ('data/coco/mdetr_annotations/final_refexp_val.json', 'RefCOCO'),
        ('refer_miniv.json', 'PhraseCut'),
        ('v2_mscoco_val2014_annotations.json', 'VQAv2'),
        ('data/mine/train', 'own_data'),
    ],
)
def test_a_section_is_found_wherever_the_set_lies(path: str, page: str) -> None:
    assert page in section_of(path)


READERS = dict(
    coco=lambda path: read_coco_file(path),
    captions=lambda path: next(iter(read_captions(path, '', None, print))),
    lines=lambda path: utf8_file(Path(path)),
    descriptions=read_wording,
    answers=lambda path: read_answers(path, None),
    vocabulary=lambda path: AskNames({}, vocabulary=path),
    available=lambda path: AvailableDatasets([dict(ann_file=path)]),
    transfer=lambda path: find_set(Path(path).parent, Path(path).name),
)


@pytest.mark.parametrize('reader', READERS)
@pytest.mark.parametrize(
    ('path', 'page'),
    [
        ('data/lvis_v1/x.json', 'docs/data.md, section "LVIS v1"'),
        ('data/odinw/x', 'docs/data.md, section "ODinW"'),
        ('mine/x.json', 'docs/own_data.md'),
    ],
)
def test_readers_end_with_the_same_line(reader: str, path: str, page: str) -> None:
    """Also where no tool has looked before."""
    with pytest.raises(FileNotFoundError) as caught:
        READERS[reader](path)
    said = str(caught.value)
    assert path in said and said.endswith(f': see {page}')
    assert '\n' not in said


def test_descriptions_are_looked_for_before_anything_is_built() -> None:
    config = Config.fromfile(ROOT / 'configs/lvis/desco_glip_t_lvis-minival.py')
    dataset = dict(type='X', caption_prompt=config.described)
    said = message(dict(test_dataloader=dict(dataset=dataset)))
    place = 'data/lvis_v1/lvis_v1.description.v1.json (test_dataloader.dataset.caption'
    assert f'there is no file {place}_prompt)' in said
    assert said.endswith('see docs/data.md, section "LVIS v1"')


@pytest.mark.parametrize('tool', ['train', 'test'])
def test_the_tools_say_it_in_one_line_and_write_nothing(
    tool: str, tmp_path: Path
) -> None:
    config = ROOT / 'configs/lvis/glip_t_lvis-val.py'
    weights = ['no.pth'] if tool == 'test' else []
    run = run_forked([ROOT / f'tools/{tool}.py', config, *weights])
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith(f'{tool}.py: error: there is no file data/lvis_v1/')
    assert last.endswith('see docs/data.md, section "LVIS v1"')
    assert 'Traceback' not in run.stderr
    # The work folder itself may be there: it was tried whether it can be written.
    assert not any(path.is_file() for path in tmp_path.rglob('*'))
