"""Colours of phrases, far apart also for colour-blind eyes."""

from mmdet.visualization.palette import get_palette

Colour = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# Our choice, by a search over sRGB: any two are at least 39 apart in CIELAB and
# neighbours at least 71, in normal sight and with Machado's full deuteranopia and
# protanopia; of Okabe and Ito's eight, two are 17 apart. None is grey, nearly black or
# nearly white. tests/drawing/test_colours.py measures it.
FIRST = (
    (225, 75, 0),
    (90, 255, 240),
    (105, 0, 255),
    (195, 240, 150),
    (165, 120, 255),
    (165, 45, 60),
    (255, 225, 0),
    (165, 60, 135),
)
# Then the same hues darker, then lighter: part of the colour, and of white.
ROUNDS = ((1.0, 0.0), (0.6, 0.0), (0.45, 0.55))


def phrase_colours(count: int, palette: str = 'none') -> list[Colour]:
    """Choose a colour for each phrase; that of an index never changes.

    Args:
        count: How many phrases there are.
        palette: A palette that mmdet knows by name; ``'none'``: ours.

    Returns:
        At least one (red, green, blue), by label; a palette that is too short starts
        over.

    Raises:
        ValueError: If there is no such palette.
    """
    labels = range(max(count, 1))
    if palette in ('none', 'random'):
        return [_ours(label) for label in labels]
    try:
        colours = get_palette(palette, 1)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f'unknown palette {palette!r}; there are none, coco, citys, voc and names '
            'of colours such as green'
        ) from error
    return [tuple(colours[label % len(colours)]) for label in labels]


def ink_on(colour: Colour) -> Colour:
    """Choose the letters that read better on a colour, white or black.

    Returns:
        The one with the greater contrast by WCAG 2, always at least 4.5.
    """
    linear = [
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
        for x in (channel / 255 for channel in colour)
    ]
    light = sum(part * x for part, x in zip((0.2126, 0.7152, 0.0722), linear))
    return BLACK if (light + 0.05) ** 2 > 1.05 * 0.05 else WHITE


def _ours(label: int) -> Colour:
    share, white = ROUNDS[label // len(FIRST) % len(ROUNDS)]
    red, green, blue = (
        round(share * x + white * 255) for x in FIRST[label % len(FIRST)]
    )
    return red, green, blue
