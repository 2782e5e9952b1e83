"""GLIPv2-T writes captions of COCO (Karpathy's splits), fine-tuned by next words.

    bash tools/dist_train.sh configs/caption/glipv2_swin-t_coco_caption.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_caption.py',
    '../_base_/datasets/coco_karpathy.py',
    '../_base_/schedules/caption_finetune.py',
]
