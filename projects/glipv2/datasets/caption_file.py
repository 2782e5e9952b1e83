"""Images and captions of COCO's, Karpathy's and Flickr's files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os.path import join

from ..text.sample_text import has_words
from .coco.ids import id_key
from .files.duplicates import DuplicateError
from .files.json_file import read_json
from .images.image_path import image_path

# Of an image of Karpathy's file; Flickr8k's and Flickr30k's have no cocoid.
KARPATHY_IDS = ('cocoid', 'imgid')
Report = Callable[[ValueError], None]


@dataclass(frozen=True)
class CaptionedImage:
    """An image and its captions.

    Args:
        image_id: Its id.
        path: The file.
        captions: Its captions; None: the file has none of any image.
    """

    image_id: int | str
    path: str
    captions: list[str] | None


def read_captions(
    path: str, folder: str, splits: Sequence[str] | None, report: Report
) -> Iterator[CaptionedImage]:
    """Read a file of captions.

    Args:
        path: The file. With ``sentences`` in its images it is Karpathy's, else COCO's.
        folder: Folder of the images.
        splits: Splits of Karpathy's file.
        report: Is called with what is wrong with an image or a caption (names file and
            entry), which is then left out.

    Yields:
        The images, in the file's order.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is no such file, or lacks a split.
    """
    content = read_json(path)
    images = content.get('images') if isinstance(content, dict) else None
    if not isinstance(images, list):
        raise ValueError(
            f"{path} has no list 'images' of images; it must be COCO's or Karpathy's "
            'file of captions'
        )
    is_karpathy = any(isinstance(x, dict) and 'sentences' in x for x in images)
    reader = _Reader(path, folder, report)
    if is_karpathy:
        yield from reader.karpathy(images, splits)
        return
    if splits is not None:
        raise ValueError(
            f"{path} is not Karpathy's file, so it has no splits; leave split out"
        )
    yield from reader.coco(images, content.get('annotations'))


class _Reader:
    def __init__(self, path: str, folder: str, report: Report) -> None:
        self.path, self.folder, self._report = path, folder, report
        self.seen: set[int | str] = set()

    def report(self, what: str, kind: type[ValueError] = ValueError) -> None:
        self._report(kind(f'{self.path}: {what}'))

    def karpathy(
        self, images: Sequence, splits: Sequence[str] | None
    ) -> Iterator[CaptionedImage]:
        images = list(self._objects(images, 'image'))
        self._check_splits([x.get('split') for _, x in images], splits)
        key = next((k for k in KARPATHY_IDS if any(k in x for _, x in images)), None)
        for number, image in images:
            if splits is not None and image.get('split') not in splits:
                if image.get('split') is None:
                    self.report(f'item {number} of the images lacks split')
                continue
            own = number if key is None else image.get(key)
            sentences = image.get('sentences') or []
            if not isinstance(sentences, list):
                sentences = [sentences]
            captions = [x.get('raw') if isinstance(x, dict) else x for x in sentences]
            file = image.get('filename', image.get('file_name'))
            folder = image.get('filepath') or ''
            if isinstance(file, str) and isinstance(folder, str):
                file = join(folder, file)
            elif isinstance(file, str):
                self.report(f'item {number} of the images has the filepath {folder!r}')
                continue
            yield from self._image(own, key, file, captions, number)

    def coco(self, images: Sequence, annotations: object) -> Iterator[CaptionedImage]:
        if annotations is not None and not isinstance(annotations, list):
            raise ValueError(f"{self.path}: 'annotations' must be a list")
        captions: dict[int | str | None, list] = {
            id_key(x.get('id')): [] for x in images if isinstance(x, dict)
        }
        seen: set[int | str] = set()
        for number, annotation in self._objects(annotations or (), 'annotation'):
            if 'caption' not in annotation and 'bbox' in annotation:
                raise ValueError(
                    f'{self.path} holds boxes, not captions (annotation {number}); '
                    'give the file of captions, such as captions_train2017.json'
                )
            own = id_key(annotation.get('id'))
            name = f'item {number} of the annotations' if own is None else own
            about = id_key(annotation.get('image_id'))
            if about is None or about not in captions:
                self.report(
                    f'caption {name} belongs to image {annotation.get("image_id")}, '
                    "which is not among the file's images"
                )
            elif own is not None and own in seen:
                self.report(f'caption {name} is a duplicate', DuplicateError)
            else:
                captions[about].append(annotation.get('caption'))
            seen.add(own)
        for number, image in self._objects(images, 'image'):
            own = id_key(image.get('id'))
            given = None if annotations is None else captions[own]
            yield from self._image(own, 'id', image.get('file_name'), given, number)

    def _check_splits(self, given: Sequence, splits: Sequence[str] | None) -> None:
        known = sorted({str(split) for split in given if split is not None})
        if not known and splits is not None:
            raise ValueError(f'{self.path} has no splits; leave split out')
        unknown = [split for split in splits or () if split not in known]
        if known and (splits is None or unknown):
            raise ValueError(
                f'{self.path} has the splits {known}; set split to one or several of '
                f'them, not to {unknown or splits}'
            )

    def _objects(self, items: Sequence, what: str) -> Iterator[tuple[int, dict]]:
        """Number the items from 1; others than objects are reported."""
        for number, item in enumerate(items, 1):
            if isinstance(item, dict):
                yield number, item
            else:
                self.report(f'item {number} of the {what}s is no object: {item!r:.60}')

    def _image(
        self,
        given_id: object,
        key: str | None,
        file: object,
        captions: Sequence | None,
        number: int,
    ) -> Iterator[CaptionedImage]:
        """Check an image; nothing, if it is reported."""
        own = id_key(given_id)
        if own is None:
            self.report(f'item {number} of the images lacks {key}')
            return
        try:
            path = image_path(self.folder, file, 'file_name')
        except ValueError as error:
            self.report(f'image {own}: {error}')
            return
        if own in self.seen:
            self.report(f'image id {own} is a duplicate', DuplicateError)
            return
        self.seen.add(own)
        if captions is None:
            yield CaptionedImage(own, path, None)
            return
        good = []
        for caption in captions:
            if isinstance(caption, str) and has_words(caption):
                good.append(caption.strip())
            else:
                self.report(f'a caption of image {own} has no words ({caption!r})')
        if not captions:
            self.report(f'image {own} has no captions; take it out')
        yield CaptionedImage(own, path, good)
