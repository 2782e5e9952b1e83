"""GLIPv2-T on LVIS v1 val: zero-shot, or fine-tuned for 24 epochs at batch 32.

    python tools/test.py configs/lvis/glipv2_swin-t_lvis-val.py glipv2_t.pth
    bash tools/dist_train.sh configs/lvis/glipv2_swin-t_lvis-val.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth

GLIP and GLIPv2 do not say how they tune on LVIS; this is FIBER's length and rate
(the same code base), without its moving average of the weights.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/lvis_text.py',
    '../_base_/schedules/glip_coco_2x.py',
    '../_base_/default_runtime.py',
]

# As GLIP: prompts of 40 names, 300 boxes an image.
model = dict(test_cfg=dict(chunked_size=40, max_per_img=300))
