"""Types of phrases read from Flickr30k Entities' sentences."""

import json
from pathlib import Path

import pytest

from glipv2.datasets import FlickrPhrasesDataset
from glipv2.datasets.flickr_phrases import read_sentence

MARKED = (
    '[/EN#1/people A man] in [/EN#2/clothing a blue shirt] near '
    '[/EN#3/other/scene it] .'
)
CAPTION = 'A man in a blue shirt near it .'
SPANS = [[[0, 5]], [[9, 21]], [[22, 26]]]  # "near" is no phrase


def write(folder: Path) -> dict:
    """Write MDETR's file, the sentences and describe the data set."""
    image = dict(
        id=4, file_name='7.jpg', height=40, width=50, caption=CAPTION,
        tokens_positive_eval=SPANS,
    )  # fmt: skip
    annotations = [
        dict(id=i, image_id=4, bbox=[1, 1, 9, 9], category_id=1, iscrowd=0,
             phrase_ids=phrase)
        for i, phrase in enumerate((0, 0, 1, 2))
    ]  # fmt: skip
    categories = [dict(id=1, name='object')]
    content = dict(images=[image], annotations=annotations, categories=categories)
    (folder / 'val.json').write_text(json.dumps(content))
    (folder / 'Sentences').mkdir()
    (folder / 'Sentences' / '7.txt').write_text(f'Another one .\n{MARKED}\n')
    return dict(
        data_root=str(folder), ann_file='val.json', data_prefix=dict(img=''),
        pipeline=[], test_mode=True,
    )  # fmt: skip


def test_sentence_is_read() -> None:
    text, types = read_sentence(MARKED)
    assert text == CAPTION
    assert types == {0: ('people',), 9: ('clothing',), 27: ('other', 'scene')}


def test_phrases_get_their_types(tmp_path: Path) -> None:
    options = write(tmp_path)
    entry = FlickrPhrasesDataset(
        **options, sentences=str(tmp_path / 'Sentences')
    ).get_data_info(0)
    assert entry['phrases'] == ['A man', 'a blue shirt', 'near']
    assert entry['phrase_ids'] == [0, 0, 1, 2]
    assert [each['bbox_label'] for each in entry['instances']] == [0, 0, 1, 2]
    assert entry['phrase_types'] == [('people',), ('clothing',), ('untyped',)]
    assert 'phrase_types' not in FlickrPhrasesDataset(**options).get_data_info(0)
    with pytest.raises(FileNotFoundError, match=r'elsewhere/7.txt'):
        FlickrPhrasesDataset(**options, sentences='elsewhere')
