"""OmniLabel: images that are asked for free descriptions, also of what is not there."""

from typing import ClassVar

from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS

from ..structures.corners import corners_of
from ..text.name_layout import clean_name
from .images.image_path import image_path
from .omnilabel_file import AskedImage, read_omnilabel


@DATASETS.register_module()
class OmniLabelDataset(BaseDetDataset):
    """OmniLabel's files (Schulter et al., ICCV 2023).

    An image is asked for all descriptions of its label space: names of categories, and
    free ones, of which many fit nothing in it.

    Args:
        *args: As for mmdet's ``BaseDetDataset``.
        **kwargs: As for mmdet's ``BaseDetDataset``.

    Raises:
        OSError: If the file is not there (says how it is had).
        ValueError: If it is no such file (names the item).
    """

    METAINFO: ClassVar[dict] = dict(classes=('object',))

    def load_data_list(self) -> list[dict]:
        """Read the file.

        Returns:
            mmdet's entries with ``text``, the descriptions, which labels count, and
            ``description_ids``: the ids of each, several where they read the same.
            An object has an instance for each description that fits it. Images that
            are asked for nothing are left out.
        """
        images = read_omnilabel(self.ann_file)
        return [self._entry(image) for image in images if image.asked]

    def _entry(self, image: AskedImage) -> dict:
        texts: dict[str, str] = {}
        ids: dict[str, list[int]] = {}
        for each in image.asked:
            text = each.text.strip().removesuffix('.')  # which ends a name of a prompt
            texts.setdefault(clean_name(text), text)
            ids.setdefault(clean_name(text), []).append(each.id)
        labels = {number: n for n, same in enumerate(ids.values()) for number in same}
        folder = self.data_prefix.get('img', '')
        return dict(
            img_id=image.id,
            img_path=image_path(folder, image.file_name, 'file_name'),
            text=tuple(texts.values()),
            custom_entities=True,
            description_ids=[*ids.values()],
            instances=[
                dict(
                    bbox=corners_of(found.box),
                    bbox_label=label,
                    ignore_flag=int(found.crowd),
                )
                for found in image.objects
                for label in dict.fromkeys(labels[x] for x in found.descriptions)
            ],
        )
