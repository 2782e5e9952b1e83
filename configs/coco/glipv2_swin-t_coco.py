"""GLIPv2-T on COCO: zero-shot, or fine-tuned for 24 epochs at batch 32.

    python tools/test.py configs/coco/glipv2_swin-t_coco.py glipv2_t.pth
    bash tools/dist_train.sh configs/coco/glipv2_swin-t_coco.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/coco_text.py',
    '../_base_/benchmark.py',
]
