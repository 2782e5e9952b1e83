"""Questions of scenes in VQAv2's layout, and as ODVG lines."""

from collections.abc import Sequence

from .captions import Caption
from .coco_format import INFO
from .odvg_format import grounding_record
from .questions import Question

PEOPLE = 10  # answer a question in VQAv2; here all agree


def vqa_files(
    images: Sequence[dict], questions: Sequence[Question], split: str
) -> tuple[dict, dict]:
    """Write questions and answers as VQAv2 does.

    Returns:
        The content of a questions file, whose questions also name their image
        (``file_name``), and of an annotations file.
    """
    asked, answered = [], []
    for number, question in enumerate(questions, 1):
        image = images[question.image]
        ids = dict(question_id=number, image_id=image['id'])
        asked.append(dict(ids, question=question.text, file_name=image['file_name']))
        answered.append(
            dict(
                ids,
                question_type=question.question_type,
                answer_type=question.answer_type,
                multiple_choice_answer=question.answer,
                answers=[
                    dict(
                        answer_id=person,
                        answer=question.answer,
                        answer_confidence='yes',
                    )
                    for person in range(1, PEOPLE + 1)
                ],
            )
        )
    head = dict(info=INFO, data_type='emoji_scenes', data_subtype=split)
    return (
        dict(head, task_type='Open-Ended', questions=asked),
        dict(head, annotations=answered),
    )


def vqa_records(
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    questions: Sequence[Question],
) -> list[dict]:
    """Make a grounding record of each question that names what is in the image.

    Returns:
        ODVG records whose caption is the question and the answer; ``answer`` is the
        answer's span in it.
    """
    records = []
    for question in questions:
        if question.phrases:
            caption = Caption(question.sentence, question.phrases)
            image = question.image
            record = grounding_record(images[image], annotations[image], caption)
            end = len(caption.text)
            record['grounding']['answer'] = [end - len(question.answer), end]
            records.append(record)
    return records
