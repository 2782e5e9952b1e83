"""Flickr30k Entities with phrase types."""

import re
from os.path import join

from mmdet.datasets import Flickr30kDataset
from mmdet.registry import DATASETS
from mmengine import fileio

from ..data_page import missing_data

PHRASE = re.compile(r'\[/EN#\d+/(\S+) ([^\]]*)\]')
UNTYPED = ('untyped',)


@DATASETS.register_module()
class FlickrPhrasesDataset(Flickr30kDataset):
    """mmdet's ``Flickr30kDataset`` (MDETR's files) with phrase types.

    Args:
        *args: As for ``Flickr30kDataset``.
        sentences: Folder ``Sentences`` of Flickr30k Entities: one file per image, one
            caption with marked phrases per line; None: no types.
        **kwargs: As for ``Flickr30kDataset``.
    """

    def __init__(self, *args, sentences: str | None = None, **kwargs) -> None:
        self.sentences = sentences
        super().__init__(*args, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Read the file.

        Returns:
            mmdet's entries. The label of a box is its phrase (mmdet's is the file's one
            category); ``phrase_types`` are the types of each phrase.

        Raises:
            FileNotFoundError: If an image has no file in ``sentences``.
        """
        entries = super().load_data_list()
        for entry in entries:
            for instance, phrase in zip(entry['instances'], entry['phrase_ids']):
                instance['bbox_label'] = phrase
        if self.sentences is not None:
            for entry in entries:
                entry['phrase_types'] = self._types_of(entry)
        return entries

    def _types_of(self, entry: dict) -> list[tuple[str, ...]]:
        image = self.coco.imgs[entry['img_id']]
        name = str(image['file_name']).rpartition('.')[0] + '.txt'
        path = join(self.sentences, name)
        if not fileio.exists(path):
            raise missing_data(
                path,
                key='sentences must be the folder Sentences of Flickr30k Entities, '
                'or None',
            )
        of_caption = {}
        for line in fileio.get_text(path).splitlines():
            caption, types = read_sentence(line)
            of_caption[_plain(caption)] = types
        types = of_caption.get(_plain(entry['text']), {})
        return [types.get(spans[0][0], UNTYPED) for spans in entry['tokens_positive']]


def read_sentence(line: str) -> tuple[str, dict[int, tuple[str, ...]]]:
    """Read a sentence of Flickr30k Entities.

    Args:
        line: Such as ``'[/EN#1/people A man] in [/EN#2/clothing/other blue] .'``.

    Returns:
        The sentence without marks, and the phrases' types by their first character.
    """
    text, types, end = '', {}, 0
    for match in PHRASE.finditer(line):
        text += line[end : match.start()]
        types[len(text)] = tuple(match[1].split('/'))
        text += match[2]
        end = match.end()
    return text + line[end:], types


def _plain(caption: str) -> str:
    return ' '.join(caption.lower().split())
