"""Images with descriptions of things to find, as D3's, in one file."""

import numpy as np
from mmdet.registry import DATASETS

from .coco_text import CocoTextDataset

KEY = 'sent_ids'


@DATASETS.register_module()
class DescribedDataset(CocoTextDataset):
    """COCO-format data whose categories are descriptions, some of them for each image.

    An image lists in ``sent_ids`` the ids of the descriptions that it is asked for,
    also of those that nothing in it fits. EmojiScenes writes such files; D3's own
    pickles are read by mmdet's ``DODDataset``, whose samples have the same keys.

    Args:
        *args: As for ``CocoTextDataset``.
        **kwargs: As for ``CocoTextDataset``.

    Raises:
        ValueError: If an image has no such list, or the list lacks one that fits.
    """

    def parse_data_info(self, raw_data_info: dict) -> dict:
        """Read an image and its boxes; mmdet calls this.

        Args:
            raw_data_info: The file's entries.

        Returns:
            mmdet's entry with ``sent_ids``: (N,) int, in the order of the text, which
            labels count.
        """
        entry = super().parse_data_info(raw_data_info)
        ids = raw_data_info['raw_img_info'].get(KEY) or []
        labels = [self.cat2label.get(number) for number in ids]
        found = {instance['bbox_label'] for instance in entry['instances']}
        if not ids or None in labels or not found <= set(labels):
            raise ValueError(
                f"{self.ann_file}: image {entry['img_id']} needs '{KEY}', the ids of "
                'all descriptions that it is asked for'
            )
        for instance in entry['instances']:
            instance['bbox_label'] = labels.index(instance['bbox_label'])
        return dict(entry, **{KEY: np.array(ids)})

    def get_data_info(self, idx: int) -> dict:
        """Read the entry of an image.

        Args:
            idx: Index of the image.

        Returns:
            ``CocoTextDataset``'s entry; ``text`` has the descriptions that it is asked
            for, which labels count.
        """
        info = super().get_data_info(idx)
        labels = [self.cat2label[number] for number in info[KEY].tolist()]
        info['text'] = tuple(self._metainfo['classes'][label] for label in labels)
        return info
