#!/usr/bin/env bash
# Run tools/train.py on the GPUs of one or more machines: CONFIG GPUS [OPTION ...]
# NNODES, NODE_RANK, MASTER_ADDR and PORT describe the machines, as in mmdet.
set -euo pipefail
# shellcheck source=tools/install/python.sh
source "$(dirname "$0")/install/python.sh"
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [OPTION ...]" >&2
    exit 2
fi
"$PYTHON" -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    --nproc_per_node="$2" \
    "$(dirname "$0")/train.py" "$1" --launcher pytorch "${@:3}"
