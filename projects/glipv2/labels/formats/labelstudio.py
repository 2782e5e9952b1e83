"""Label Studio: tasks with predictions to correct, and the labelling config."""

import json
from urllib.parse import quote
from xml.etree import ElementTree

from ...whole_file import replaced
from ..job import LabelJob
from ..labelled import Images, Labelled

PLACE = '/data/local-files/?d='  # its address of files below its document root
PERCENT = 100


def write_labelstudio(images: Images, names: list[str], job: LabelJob) -> None:
    """Write ``labelstudio/tasks.json`` and ``labelstudio/config.xml``.

    Images are addressed below Label Studio's document root, which has to be the
    folder that holds the labelled one (docs/labels.md).

    Args:
        images: The labelled images.
        names: Of the config.
        job: Whose folder gets the files.
    """
    root = job.out / 'labelstudio'
    root.mkdir(exist_ok=True)
    with replaced(root / 'tasks.json') as file:
        file.write(b'[')
        for number, image in enumerate(images()):
            file.write(b',\n' if number else b'\n')
            task = _task_of(image, job)
            file.write(json.dumps(task, ensure_ascii=False).encode())
        file.write(b'\n]\n')
    view = ElementTree.Element('View')
    ElementTree.SubElement(view, 'Image', name='image', value='$image')
    labels = ElementTree.SubElement(
        view, 'RectangleLabels', name='label', toName='image'
    )
    for name in names:
        ElementTree.SubElement(labels, 'Label', value=name)
    ElementTree.indent(view)
    with replaced(root / 'config.xml') as file:
        file.write(ElementTree.tostring(view, encoding='utf-8') + b'\n')


def _task_of(image: Labelled, job: LabelJob) -> dict:
    place = quote(f'{job.folder.resolve().name}/{image.file_name}')
    result = []
    for number, each in enumerate(image.objects):
        left, top, right, bottom = each['box']
        result.append(
            dict(
                id=f'box{number}',
                type='rectanglelabels',
                from_name='label',
                to_name='image',
                original_width=image.width,
                original_height=image.height,
                image_rotation=0,
                score=each['score'],
                value=dict(
                    x=PERCENT * left / image.width,
                    y=PERCENT * top / image.height,
                    width=PERCENT * (right - left) / image.width,
                    height=PERCENT * (bottom - top) / image.height,
                    rotation=0,
                    rectanglelabels=[each['name']],
                ),
            )
        )
    scores = [each['score'] for each in image.objects]
    return dict(
        data=dict(
            image=f'{PLACE}{place}',
            file_name=image.file_name,
            width=image.width,
            height=image.height,
        ),
        predictions=[
            dict(model_version=job.model, score=max(scores, default=0.0), result=result)
        ],
    )
