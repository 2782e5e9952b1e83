"""Items of JSON lists, found without holding the file."""

import json
from pathlib import Path

import pytest

from glipv2.datasets.files.list_items import list_items

ITEMS = [
    dict(a='\u00e4\u4f60 ] } , "', b=[1, 2, {}]),
    dict(),
    dict(c=-1.5e3, d=None),
    [1],
    12345,
]
FORMS = {
    'compact': json.dumps(ITEMS),
    'escaped': json.dumps(ITEMS, ensure_ascii=False),
    'indented': json.dumps(ITEMS, indent=4, ensure_ascii=False) + '\n',
    'marked': '\ufeff' + json.dumps(ITEMS),
    'in a row': '\r\n'.join(json.dumps(x, indent=1) for x in ITEMS),
}


@pytest.mark.parametrize('block', [1, 7, 1 << 22])
@pytest.mark.parametrize('form', FORMS)
def test_places_and_values(
    form: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('glipv2.datasets.files.list_items.BLOCK_BYTES', block)
    path = tmp_path / 'list.json'
    path.write_bytes(FORMS[form].encode())
    found = list(list_items(path))
    data = path.read_bytes()
    assert [value for _, _, value in found] == ITEMS
    assert [json.loads(data[start:end]) for start, end, _ in found] == ITEMS


@pytest.mark.parametrize('block', [3, 1 << 22])
def test_a_list_among_others(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('glipv2.datasets.files.list_items.BLOCK_BYTES', block)
    path = tmp_path / 'file.json'
    content = dict(
        info=dict(questions=[9]), empty=[], images=[[1], {}], questions=ITEMS
    )
    path.write_text(json.dumps(content), 'utf-8')
    assert [x for *_, x in list_items(path, 'questions')] == ITEMS
    assert [*list_items(path, 'empty')] == []
    with pytest.raises(ValueError, match="no list 'answers'") as error:
        list(list_items(path, 'answers'))
    assert error.value.others == {'empty', 'images', 'questions'}


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        (b'[{"a": 1}, {"b": ', 'item 2 of the list is not valid JSON'),
        (b'[{"a": 1}, {"b"}]', 'item 2 of the list is not valid JSON.*byte 15'),
        (b'[{"a": 1}', 'item 2 of the list is not valid JSON: Expecting value'),
        (b'[{"a": "\xe9"}]', 'item 1 of the list is not UTF-8'),
        (b'{"a": 1}', 'must hold a list'),
    ],
)
def test_damaged_lists_are_named(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / 'list.json').write_bytes(data)
    with pytest.raises(ValueError, match=f'list.json.*{message}'):
        list(list_items(tmp_path / 'list.json', needs_list=True))
