"""Colours of phrases: far apart, also for colour-blind eyes, under readable letters."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from glipv2.drawing.colours import FIRST, ROUNDS, WHITE, ink_on, phrase_colours

# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB.
SIGHTS = {
    'normal': np.eye(3),
    'deuteranopia': np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    'protanopia': np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
}  # fmt: skip


def distances(colours: list, sight: str) -> np.ndarray:
    """Measure all pairs in CIELAB."""
    channels = np.array(colours) / 255
    low = channels <= 0.04045
    linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = (linear @ SIGHTS[sight].T).clip(0, 1)
    seen = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(seen[None])[0]
    return np.linalg.norm(lab[:, None] - lab[None], axis=-1)


@pytest.mark.parametrize('sight', SIGHTS)
def test_colours_are_far_apart(sight: str) -> None:
    first = distances(list(FIRST), sight)
    np.fill_diagonal(first, np.inf)
    assert first.min() > 38
    whole = len(FIRST) * len(ROUNDS)
    neighbours = np.diagonal(distances(phrase_colours(whole + 1), sight), 1)
    assert neighbours[:7].min() > 70
    assert neighbours.min() > 30


def test_a_colour_does_not_depend_on_the_number_of_phrases() -> None:
    assert phrase_colours(3) == phrase_colours(40)[:3]
    assert len(phrase_colours(0)) == 1
    assert phrase_colours(2, 'coco') == phrase_colours(100, 'coco')[:2]


def test_letters_are_readable_on_any_colour() -> None:
    def light(colour: tuple) -> float:
        channels = np.array(colour) / 255
        low = channels <= 0.04045
        linear = np.where(low, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05

    random = np.random.default_rng(0).integers(0, 256, (500, 3)).tolist()
    for colour in [*phrase_colours(24), *map(tuple, random)]:
        low, high = sorted((light(colour), light(ink_on(colour))))
        assert high / low >= 4.5
    assert ink_on((0, 0, 90)) == WHITE
