"""ODVG lines, for StreamingODVGDataset: ``odvg/SPLIT.jsonl``."""

import json
from contextlib import ExitStack

from ...whole_file import replaced
from ..job import LabelJob
from ..labelled import SPLITS, Images, Labelled


def write_odvg(images: Images, names: list[str], job: LabelJob) -> None:
    """Write a line for each image: boxes of names, or of a caption's phrases.

    Args:
        images: The labelled images.
        names: Of ``odvg/label_map.json``, numbered from 0; captions have none.
        job: Whose folder gets the files.
    """
    root = job.out / 'odvg'
    root.mkdir(exist_ok=True)
    numbers = {name: number for number, name in enumerate(names)}
    with ExitStack() as opened:
        files = {
            split: opened.enter_context(replaced(root / f'{split}.jsonl'))
            for split in SPLITS
        }
        for image in images():
            head = dict(
                filename=image.file_name, height=image.height, width=image.width
            )
            said = _phrases(image) if job.captions else _classes(image, numbers)
            line = json.dumps(dict(head, **said), ensure_ascii=False)
            files[image.split].write(line.encode() + b'\n')
    for split in SPLITS:
        if not (root / f'{split}.jsonl').stat().st_size:
            (root / f'{split}.jsonl').unlink()
    if not job.captions:
        with replaced(root / 'label_map.json') as file:
            by_number = {str(number): name for name, number in numbers.items()}
            file.write(json.dumps(by_number, ensure_ascii=False).encode() + b'\n')


def _classes(image: Labelled, numbers: dict[str, int]) -> dict:
    instances = [
        dict(
            bbox=each['box'], label=numbers[each['name']], category=each['name'],
            score=each['score'],
        )
        for each in image.objects
    ]  # fmt: skip
    return dict(detection=dict(instances=instances))


def _phrases(image: Labelled) -> dict:
    regions: dict[str, dict] = {}
    for each in image.objects:
        region = regions.setdefault(
            json.dumps(each['span']),
            dict(bbox=[], score=[], phrase=each['name'], tokens_positive=each['span']),
        )
        region['bbox'].append(each['box'])
        region['score'].append(each['score'])
    return dict(grounding=dict(caption=image.caption, regions=list(regions.values())))
