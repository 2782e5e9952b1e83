"""Caption scores against pycocoevalcap on the same words, and by hand."""

import math

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

from glipv2.evaluation.caption_scores import bleu, cider_d, rouge_l

WORDS = (
    'a', 'red', 'green', 'dog', 'cat', 'on', 'the', 'left', 'of', 'two', 'and', 'key',
    'with', 'bus', 'in', 'front',
)  # fmt: skip


def random_captions(seed: int, images: int) -> tuple[list, list]:
    """Make a candidate and three to five references for each image."""
    rng = np.random.default_rng(seed)
    true = [
        [
            list(rng.choice(WORDS, rng.integers(4, 14)))
            for _ in range(rng.integers(3, 6))
        ]
        for _ in range(images)
    ]
    found = []
    for several in true:
        words = [str(word) for word in several[0]]
        changed = rng.random(len(words)) < 0.3
        words = [
            str(rng.choice(WORDS)) if change else word
            for word, change in zip(words, changed)
        ]
        found.append(words[: rng.integers(1, len(words) + 1)])
    return found, [[[str(w) for w in words] for words in several] for several in true]


@pytest.mark.parametrize('seed', range(4))
def test_equal_to_pycocoevalcap(seed: int) -> None:
    found, true = random_captions(seed, 25)
    found[3] = []  # nothing said
    found[4] = true[4][0] * 2  # too much
    found[5] = ['unheard']
    references = {i: [' '.join(w) for w in several] for i, several in enumerate(true)}
    candidates = {i: [' '.join(words)] for i, words in enumerate(found)}
    expected, _ = Bleu(4).compute_score(references, candidates, verbose=0)
    assert bleu(found, true) == pytest.approx(expected, rel=1e-9)
    expected, _ = Rouge().compute_score(references, candidates)
    assert rouge_l(found, true) == pytest.approx(expected, rel=1e-9)
    expected, _ = Cider().compute_score(references, candidates)
    assert cider_d(found, true) == pytest.approx(expected, rel=1e-9)


def test_bleu_by_hand() -> None:
    found = [['a', 'dog', 'dog']]
    true = [[['a', 'dog', 'on', 'grass'], ['the', 'dog', 'runs', 'off', 'now']]]
    # "dog" counts once; of the lengths 4 and 5 the closest to 3 is 4.
    shorter = math.exp(1 - 4 / 3)
    ones, twos = 2 / 3, 1 / 2
    expected = [shorter * ones, shorter * math.sqrt(ones * twos)]
    assert bleu(found, true)[:2] == pytest.approx(expected, rel=1e-6)


def test_the_truth_has_full_scores() -> None:
    _, true = random_captions(0, 10)
    true = [several[:1] for several in true]
    found = [several[0] for several in true]
    assert bleu(found, true) == pytest.approx([1] * 4, rel=1e-6)
    assert rouge_l(found, true) == pytest.approx(1)
    assert cider_d(found, true) == pytest.approx(10)
