"""Objects in generated captions: there, boxed right, left out?"""

from ..engine.command_line import build_runner
from ..shipped import shipped
from .shipped_weights import emoji_scenes, test_config

CONFIG = 'quickstart/described_emoji.py'
SEARCHES = {
    'greedy': dict(mode='greedy'),
    'beam of 3': dict(mode='beam', num_beams=3),
    'sampled, p 0.9': dict(mode='sample', top_p=0.9, temperature=1.0),
}
COLUMNS = {
    'mentioned, not there': 'CHAIR_i',
    'captions with such': 'CHAIR_s',
    'mentioned, boxed right': 'boxed',
    'there, boxed right': 'boxed_if_there',
    'there, mentioned': 'mentioned',
}


def measure(weights: str, images: int) -> list[dict[str, object]]:
    """Describe the first images of ``val`` by each search.

    Args:
        weights: A name or a file, of all tasks.
        images: How many images are made; always the same.

    Returns:
        Rows of a table, in [0, 1].
    """
    rows = []
    with emoji_scenes(images) as data:
        for search, settings in SEARCHES.items():
            config = test_config(shipped('configs') / CONFIG, weights, data)
            config.model.test_cfg.caption.update(settings)
            config.randomness = dict(seed=0)
            found = build_runner(config, ('test',)).test()
            rows.append(
                dict(
                    search=search,
                    **{
                        column: round(float(found[f'grounded_caption/{key}']), 3)
                        for column, key in COLUMNS.items()
                    },
                )
            )
    return rows
