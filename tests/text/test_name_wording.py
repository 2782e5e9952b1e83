"""Files of descriptions and definitions, in the words of their prompts."""

import json
from pathlib import Path

import pytest

from glipv2.text.name_wording import read_wording
from glipv2.text.prompt import prompt_from_names
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import chunk_names, tokenize_prompts

MALLET = dict(type='tool', description='long handle; flat, heavy head')
DESCO = [
    dict(object='mallet', object_id=1, gpt3_output='\n' + json.dumps(MALLET)),
    dict(object='bow_(weapon)', object_id=2, gpt3_output='\nA bow is a weapon.'),
]
KNOWN = ['one.', 'two.', 'three.', 'four.']
KLITE = {
    '': dict(clean_name='', def_wiki=None, gpt3=[]),
    'pothole': dict(clean_name='pothole', def_wiki='A hole in a road.', gpt3=KNOWN),
    'dog': dict(clean_name='dog', def_wiki=None),
}
FRAME = ('Detect: ', '. ')


def write(folder: Path, content: object) -> Path:
    """Write a file of descriptions."""
    path = folder / 'file.json'
    path.write_text(json.dumps(content))
    return path


def test_desco(tmp_path: Path) -> None:
    wording = read_wording(write(tmp_path, DESCO))
    prompt = prompt_from_names(['mallet', 'bow_(weapon)'], wording, frame=FRAME)
    # DesCo's own prompt, letter by letter.
    assert prompt.text == (
        'Detect: mallet, a kind of tool, long handle, flat, heavy head. bow, object. '
    )
    scored = [prompt.text[a:b] for ((a, b),) in prompt.tokens_positive]
    assert scored == ['mallet, a kind of tool,', 'bow, object']
    assert prompt.texts_alone[0].endswith('heavy head')


def test_frame_has_room_in_each_prompt() -> None:
    names, tokenizer = ['dog'] * 44, load_tokenizer('bert-base-uncased')
    chunks = chunk_names(names, tokenizer, 24, frame=FRAME)
    prompts = [prompt_from_names([names[i] for i in x], frame=FRAME) for x in chunks]
    _, mask, _ = tokenize_prompts(prompts, tokenizer, 24)
    assert mask.sum(1).max() in (23, 24)
    assert len(chunk_names(names, tokenizer, 24)) < len(chunks)


def test_klite(tmp_path: Path) -> None:
    wording = read_wording(write(tmp_path, KLITE))
    prompt = prompt_from_names(['pothole', 'dog'], wording)
    assert prompt.texts_alone == (
        'pothole: A hole in a road.one. two. three.', 'dog',
    )  # fmt: skip


def test_plain_wording_and_what_is_none(tmp_path: Path) -> None:
    plain = {'dog': dict(prefix='a ', name='dog', suffix=' outside')}
    assert read_wording(write(tmp_path, plain)) == plain
    for content in ([], [1], {}, {'dog': 'cat'}, [dict(name='dog')]):
        if content == []:
            assert read_wording(write(tmp_path, content)) == {}
            continue
        with pytest.raises(ValueError, match='is none of: DesCo'):
            read_wording(write(tmp_path, content))
    (tmp_path / 'broken.json').write_text('{')
    with pytest.raises(ValueError, match='cannot be read'):
        read_wording(tmp_path / 'broken.json')
    with pytest.raises(FileNotFoundError, match='no file of descriptions'):
        read_wording(tmp_path / 'none.json')
