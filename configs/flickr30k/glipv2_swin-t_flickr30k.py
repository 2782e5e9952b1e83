"""GLIPv2-T on Flickr30k Entities, zero-shot.

python tools/test.py configs/flickr30k/glipv2_swin-t_flickr30k.py glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/flickr30k.py',
    '../_base_/schedules/glip_coco_2x.py',
    '../_base_/default_runtime.py',
]

model = dict(test_cfg=dict(max_per_img=100))  # as GLIP
