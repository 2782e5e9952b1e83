"""Items of PhraseCut, VQA and caption data; problems do not stop the reading."""

from collections.abc import Iterator
from os.path import join

from ...text.sample_text import has_words
from ..coco_karpathy import CocoKarpathyDataset
from ..json_file import read_json
from ..phrasecut import PhraseCutDataset
from ..vqa import QUESTION_KEYS, VQADataset
from .item import Box, Item
from .problems import CAPTIONS, DUPLICATE, FILE, ITEM, QUESTIONS, Problems


def read_phrasecut(dataset: PhraseCutDataset, problems: Problems) -> Iterator[Item]:
    """Read PhraseCut's tasks.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each task.
    """
    tasks = _read(dataset.ann_file, None, problems)
    seen: set[str] = set()
    for number, task in enumerate(tasks):
        where = f'{dataset.ann_file}, task {number} of the list'
        try:
            entry = dataset.read_task(task, seen)
        except (AttributeError, TypeError, ValueError) as error:
            problems.add(ITEM, where, error)
            continue
        boxes = [
            Box(f'box {index}', instance['bbox'], instance['mask'])
            for index, instance in enumerate(entry['instances'])
        ]
        phrase = entry['text']
        yield Item(
            f'{dataset.ann_file}, task {entry["task_id"]}',
            entry['img_path'],
            boxes=boxes,
            counted=[phrase] * len(boxes),
            text=phrase,
            phrases={0: [[0, len(phrase)]]},
        )


def read_vqa(dataset: VQADataset, problems: Problems) -> Iterator[Item]:
    """Read questions and answers.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each question.
    """
    questions: dict[object, dict] = {}
    for question in _read(dataset.question_file, 'questions', problems):
        number = question.get('question_id')
        where = f'{dataset.question_file}, question {number}'
        lacking = [key for key in QUESTION_KEYS if question.get(key) is None]
        if lacking:
            problems.add(QUESTIONS, where, f'lacks {lacking}')
        elif not has_words(question['question']):
            problems.add(QUESTIONS, where, f'has no words: {question["question"]!r}')
        elif number in questions:
            problems.add(DUPLICATE, where, 'is a duplicate')
        else:
            questions[number] = question
    answers = _answers(dataset, questions, problems) if dataset.ann_file else {}
    for number, question in questions.items():
        name = question.get('file_name') or dataset.img_name.format(
            image_id=question['image_id']
        )
        yield Item(
            f'{dataset.question_file}, question {number}',
            join(dataset.data_prefix.get('img', ''), name),
            counted=answers.get(number, []),
            text=question['question'],
        )


def _answers(
    dataset: VQADataset, questions: dict, problems: Problems
) -> dict[object, list[str]]:
    answers: dict[object, list[str]] = {}
    for annotation in _read(dataset.ann_file, 'annotations', problems):
        number = annotation.get('question_id')
        where = f'{dataset.ann_file}, answers of question {number}'
        question = questions.get(number)
        if question is None:
            problems.add(QUESTIONS, where, 'there is no such (good) question')
        elif number in answers:
            problems.add(DUPLICATE, where, 'are duplicates')
        elif annotation.get('image_id', question['image_id']) != question['image_id']:
            what = (
                f'are about image {annotation["image_id"]}, the question is about '
                f'{question["image_id"]}'
            )
            problems.add(QUESTIONS, where, what)
        elif not annotation.get('answers'):
            problems.add(QUESTIONS, where, 'there are none')
        else:
            answers[number] = [str(x.get('answer')) for x in annotation['answers']]
    for number in questions:
        if number not in answers:
            where = f'{dataset.question_file}, question {number}'
            problems.add(QUESTIONS, where, f'{dataset.ann_file} has no answers of it')
    return answers


def read_captions(dataset: CocoKarpathyDataset, problems: Problems) -> Iterator[Item]:
    """Read captions, in COCO's or Karpathy's form.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each caption, or for each image without any.
    """
    content = _read(dataset.ann_file, 'images', problems, whole=True)
    images = content['images'] if content else []
    karpathy = bool(images) and 'sentences' in images[0]
    key = 'cocoid' if karpathy else 'id'
    captions: dict[object, list[str]] = {}
    for number, image in enumerate(images):
        if key not in image:
            where = f'{dataset.ann_file}, image {number} of the list'
            problems.add(ITEM, where, f'lacks {key}')
        elif image[key] in captions:
            where = f'{dataset.ann_file}, image {image[key]}'
            problems.add(DUPLICATE, where, 'the id is a duplicate')
        elif not karpathy or image.get('split') in (dataset.splits or ()):
            sentences = image.get('sentences', ())
            captions[image[key]] = [str(x.get('raw', '')) for x in sentences]
    if not karpathy:
        for annotation in content.get('annotations', ()) if content else ():
            where = f'{dataset.ann_file}, caption {annotation.get("id")}'
            if annotation.get('image_id') not in captions:
                what = f'no image has the id {annotation.get("image_id")}'
                problems.add(CAPTIONS, where, what)
            else:
                text = str(annotation.get('caption', ''))
                captions[annotation['image_id']].append(text)
    done: set[object] = set()
    for image in images:
        number = image.get(key)
        if number not in captions or number in done:
            continue
        done.add(number)
        yield from _captioned(dataset, image, captions[number], problems)


def _captioned(
    dataset: CocoKarpathyDataset, image: dict, captions: list[str], problems: Problems
) -> Iterator[Item]:
    name = image.get('filename') or image.get('file_name', '')
    where = f'{dataset.ann_file}, {name}'
    path = join(dataset.data_prefix.get('img', ''), image.get('filepath', ''), name)
    if not captions and not dataset.test_mode:
        problems.add(CAPTIONS, where, 'the image has no captions')
    for caption in captions:
        if not has_words(caption):
            problems.add(CAPTIONS, where, f'a caption has no words: {caption!r}')
    texts = [text for text in captions if has_words(text)] or [None]
    for text in texts:
        yield Item(
            where,
            path,
            text=None if text is None else dataset.prompt + text.strip(),
            text_is_cut=dataset.long_captions == 'truncate',
        )


def _read(
    path: str, key: str | None, problems: Problems, whole: bool = False
) -> list | dict:
    """Read a list of a file; an empty one if it cannot be read."""
    try:
        content = read_json(path)
        found = content if key is None else content[key]
        if not isinstance(found, list):
            raise ValueError(f'there is no list {key or ""}')
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f'there is no list {error}' if isinstance(error, KeyError) else error
        problems.add(FILE, path, what)
        return []
    return content if whole else found
