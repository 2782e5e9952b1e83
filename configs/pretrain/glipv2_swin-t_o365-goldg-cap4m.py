"""GLIPv2-T, first stage: grounding, inter-image and masked words; 330,000 steps.

Objects365, GoldG and Cap4M, batch 64 on 32 GPUs. On each of four machines, with
NODE_RANK 0 to 3:

    NNODES=4 NODE_RANK=0 MASTER_ADDR=first-machine PORT=29500 \
        bash tools/dist_train.sh configs/pretrain/glipv2_swin-t_o365-goldg-cap4m.py 8

with Slurm:

    GPUS=32 bash tools/slurm_train.sh PARTITION pretrain \
        configs/pretrain/glipv2_swin-t_o365-goldg-cap4m.py work_dirs/glipv2_t

on fewer GPUs with --auto-scale-lr; after a failure with --resume. docs/pretraining.md
says where the data and the first weights come from.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/pretrain_o365_goldg_cap4m.py',
    '../_base_/schedules/pretrain.py',
]

model = dict(
    backbone=dict(
        # ImageNet's, made by tools/model_converters/swin_to_glipv2.py.
        init_cfg=dict(type='Pretrained', checkpoint='weights/swin_t.pth'),
        convert_weights=False,
    ),
    text_encoder=dict(pretrained=True),  # bert-base-uncased, from the local cache
    # GLIP's code has both losses; weights 1, size and temperature are our choice.
    contrastive_loss=dict(type='InterImageContrastiveLoss', text_dim=768),
    mlm_head=dict(type='MLMHead', text_dim=768, vocab_size=30522),
)
