"""GLIPv2-T on VQAv2: 3,129 answers, all but the box head fine-tuned.

    python tools/dataset_converters/vqa_answers.py data/vqav2/vqav2_answers.json \
        data/vqav2/v2_mscoco_train2014_annotations.json \
        data/vqav2/v2_mscoco_val2014_annotations.json
    bash tools/dist_train.sh configs/vqa/glipv2_swin-t_vqav2.py 8 --auto-scale-lr \
        --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_vqa.py',
    '../_base_/datasets/vqav2.py',
    '../_base_/schedules/vqa_finetune.py',
]
