"""Pascal VOC: ``voc/Annotations/NAME.xml`` and ``voc/ImageSets/Main/SPLIT.txt``."""

from contextlib import ExitStack
from xml.etree import ElementTree

from ...whole_file import replaced, sync_all
from ..job import LabelJob
from ..labelled import SPLITS, Images, Labelled
from ..stems import Stems


def write_voc(images: Images, names: list[str], job: LabelJob) -> None:
    """Write an XML file for each image, and the lists of the splits.

    Args:
        images: The labelled images.
        names: Not needed: the files hold them.
        job: Whose folder gets the files.
    """
    root = job.out / 'voc'
    lists = root / 'ImageSets' / 'Main'
    lists.mkdir(parents=True, exist_ok=True)
    stems = Stems()
    with ExitStack() as opened:
        files = {
            split: opened.enter_context(replaced(lists / f'{split}.txt'))
            for split in SPLITS
        }
        for image in images():
            stem = stems.of(image.file_name)
            files[image.split].write(f'{stem}\n'.encode())
            path = root / 'Annotations' / f'{stem}.xml'
            path.parent.mkdir(parents=True, exist_ok=True)
            tree = _tree_of(image, job.folder.resolve().name)
            ElementTree.indent(tree)
            with replaced(path, synced=False) as file:
                file.write(ElementTree.tostring(tree, encoding='utf-8') + b'\n')
        sync_all()  # before the lists that name them


def _tree_of(image: Labelled, folder: str) -> ElementTree.Element:
    root = ElementTree.Element('annotation')
    _add(root, folder=folder, filename=image.file_name)
    _add(ElementTree.SubElement(root, 'size'), width=image.width, height=image.height,
         depth=3)  # fmt: skip
    _add(root, segmented=0)
    for each in image.objects:
        entry = ElementTree.SubElement(root, 'object')
        _add(entry, name=each['name'], pose='Unspecified', truncated=0, difficult=0,
             score=each['score'])  # fmt: skip
        left, top, right, bottom = each['box']
        # VOC counts pixels from 1, and its right and bottom ones are inside.
        corners = dict(
            xmin=int(left) + 1, ymin=int(top) + 1,
            xmax=max(round(right), int(left) + 1),
            ymax=max(round(bottom), int(top) + 1),
        )  # fmt: skip
        _add(ElementTree.SubElement(entry, 'bndbox'), **corners)
    return root


def _add(parent: ElementTree.Element, **values: object) -> None:
    for key, value in values.items():
        ElementTree.SubElement(parent, key).text = str(value)
