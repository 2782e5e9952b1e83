"""Which names share a prompt, in prediction, in exported files and over views."""

from collections.abc import Sequence

import pytest
import torch
from mmengine.config import ConfigDict

from glipv2.deployment.fixed_text import encode_text
from glipv2.text.cutting import Cutting
from glipv2.text.sample_text import split_into_parts
from glipv2.text.sources import load_tokenizer
from tests.tiny import TEXT_SOURCE, batch_of, sample_of, tiny_model

TOKENIZER = load_tokenizer(TEXT_SOURCE)
NAMES = ('cat', 'the dog on the left', 'red car', 'a cup without a handle', 'bus')


@pytest.mark.parametrize(
    'cutting, expected',
    [
        (Cutting(), [(0, 1, 2, 3, 4)]),
        (Cutting(2), [(0, 1), (2, 3), (4,)]),
        (Cutting(words_alone=3), [(1,), (3,), (0, 2, 4)]),
        (Cutting(2, words_alone=3), [(1,), (3,), (0, 2), (4,)]),
        (Cutting(words_alone=1), [(0,), (1,), (2,), (3,), (4,)]),
        (Cutting(words_alone=6), [(0, 1, 2, 3, 4)]),
    ],
)
@pytest.mark.parametrize('alone', [False, True])
def test_long_names_have_prompts_of_their_own(
    cutting: Cutting, expected: list[tuple], alone: bool
) -> None:
    parts = split_into_parts(sample_of(NAMES), TOKENIZER, 64, cutting, alone)
    assert [part.labels for part in parts] == expected
    for part in parts:
        assert part.prompt.phrases == tuple(NAMES[i] for i in part.labels)


def test_it_is_read_from_the_test_settings() -> None:
    assert Cutting.of({}) == Cutting()
    settings = ConfigDict(
        chunked_size=8, prompt_frame=['Detect: ', '. '], words_alone=3, max_per_img=5
    )
    assert Cutting.of(settings) == Cutting(8, ('Detect: ', '. '), 3)


SETTINGS = (
    dict(words_alone=3), dict(chunked_size=2, prompt_frame=('Detect: ', '. ')),
)  # fmt: skip


@pytest.mark.parametrize('settings', SETTINGS)
def test_a_file_asks_what_the_model_asks(
    settings: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    model = tiny_model().eval()
    model.test_cfg.update(settings)
    asked = []

    def encode(self, prompts: Sequence, *args: object) -> object:
        asked.extend(prompt.text for prompt in prompts)
        return own(self, prompts, *args)

    kind = type(model.text_encoder)
    own = kind.encode
    monkeypatch.setattr(kind, 'encode', encode)
    with torch.no_grad():
        model.test_step(batch_of([sample_of(NAMES)]))
    predicted, asked = asked, []
    file = encode_text(model, NAMES)
    assert file.prompts == tuple(predicted) == tuple(asked)
    assert len(file.prompts) == 3 and file.names == NAMES


def test_every_prompt_of_views_keeps_its_boxes() -> None:
    from mmengine.structures import InstanceData

    from glipv2.models import TextTTAModel

    torch.manual_seed(0)
    settings = ConfigDict(words_alone=3, max_per_prompt=1)
    views = TextTTAModel(module=tiny_model(), tta_cfg=settings)
    labels = torch.tensor([1, 0, 1, 3, 2, 4])  # best first
    merged = InstanceData(labels=labels, scores=torch.linspace(0.9, 0.1, 6))
    kept = views._best(merged, sample_of(NAMES))
    assert kept.labels.tolist() == [1, 0, 3]
