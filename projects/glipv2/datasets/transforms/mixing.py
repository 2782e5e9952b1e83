"""mmdet's transforms that join images, for images of one text only.

They keep the first image's text: boxes of the others would count in it.
"""

from collections.abc import Iterable, Mapping

from mmdet.datasets import transforms
from mmdet.registry import TRANSFORMS

# What labels count in.
KEYS = ('text', 'phrases', 'tokens_positive', 'custom_entities', 'caption_prompt')
SHOWN_LETTERS = 40


class OneText:
    """A base of transforms that join images; it refuses images of several texts."""

    def transform(self, results: dict) -> dict | None:
        """Join images.

        Args:
            results: A sample, as the transform needs it.

        Returns:
            The sample.

        Raises:
            ValueError: If a sample that it may be joined with has another text.
        """
        name = type(self).__name__
        # Without a cache, mmdet's MultiImageMixDataset gives the other samples.
        others = (*results.get('mix_results', ()), *getattr(self, 'results_cache', ()))
        refuse_other_texts(name, results, others)
        return super().transform(results)


def refuse_other_texts(name: str, sample: Mapping, others: Iterable[Mapping]) -> None:
    """Refuse to join samples of several texts.

    Args:
        name: Of the transform.
        sample: The sample whose text is kept.
        others: The samples that are joined with it.

    Raises:
        ValueError: If one of them has another text (names both images).
    """
    for other in others:
        for key in KEYS:
            own, theirs = sample.get(key), other.get(key)
            if own is not theirs and own != theirs:
                raise ValueError(
                    f'{name} would join {sample.get("img_path")} with '
                    f'{other.get("img_path")}, whose {key} is another '
                    f'({_shown(own)} and {_shown(theirs)}), so that boxes would get '
                    'wrong names; join images of one class list, before '
                    'SampleDetectionPrompt, and leave captions out'
                )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_LETTERS else f'{text[:SHOWN_LETTERS]}...'


# By mmdet's names, since configs have them.
@TRANSFORMS.register_module(force=True)
class Mosaic(OneText, transforms.Mosaic):
    """mmdet's ``Mosaic``."""


@TRANSFORMS.register_module(force=True)
class MixUp(OneText, transforms.MixUp):
    """mmdet's ``MixUp``."""


@TRANSFORMS.register_module(force=True)
class CopyPaste(OneText, transforms.CopyPaste):
    """mmdet's ``CopyPaste``."""


@TRANSFORMS.register_module(force=True)
class CachedMosaic(OneText, transforms.CachedMosaic):
    """mmdet's ``CachedMosaic``."""


@TRANSFORMS.register_module(force=True)
class CachedMixUp(OneText, transforms.CachedMixUp):
    """mmdet's ``CachedMixUp``."""
