"""CVAT for images 1.1: ``cvat/annotations.xml``."""

from collections.abc import Mapping
from xml.sax.saxutils import XMLGenerator

from ...whole_file import replaced
from ..job import LabelJob
from ..labelled import Images


def write_cvat(images: Images, names: list[str], job: LabelJob) -> None:
    """Write one XML file, which CVAT imports into a task of the same images.

    Args:
        images: The labelled images.
        names: The task's labels.
        job: Whose folder gets the file.
    """
    (job.out / 'cvat').mkdir(exist_ok=True)
    with replaced(job.out / 'cvat' / 'annotations.xml') as file:
        xml = _Writer(file, 'utf-8', short_empty_elements=True)
        xml.startDocument()
        xml.startElement('annotations', {})
        xml.element('version', '1.1')
        for tag in ('meta', 'task', 'labels'):
            xml.startElement(tag, {})
        for name in names:
            xml.startElement('label', {})
            xml.element('name', name)
            xml.endElement('label')
        for tag in ('labels', 'task', 'meta'):
            xml.endElement(tag)
        for number, image in enumerate(images()):
            xml.start(
                'image', id=number, name=image.file_name, subset=image.split,
                width=image.width, height=image.height,
            )  # fmt: skip
            for each in image.objects:
                sides = zip(('xtl', 'ytl', 'xbr', 'ybr'), each['box'])
                xml.start(
                    'box', label=each['name'], source='auto', occluded=0,
                    **dict(sides), z_order=0,
                )  # fmt: skip
                xml.endElement('box')
            xml.endElement('image')
        xml.endElement('annotations')
        xml.endDocument()


class _Writer(XMLGenerator):
    def start(self, tag: str, **attributes: object) -> None:
        values: Mapping[str, str] = {key: str(x) for key, x in attributes.items()}
        self.characters('\n')
        self.startElement(tag, values)

    def element(self, tag: str, text: str) -> None:
        self.startElement(tag, {})
        self.characters(text)
        self.endElement(tag)
