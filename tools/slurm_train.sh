#!/usr/bin/env bash
# Run tools/train.py on a Slurm cluster: PARTITION JOB_NAME CONFIG WORK_DIR [OPTION ...]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS describe the job, as in mmdet.
set -euo pipefail
# shellcheck source=tools/install/python.sh
source "$(dirname "$0")/install/python.sh"
if [ $# -lt 4 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG WORK_DIR [OPTION ...]" >&2
    exit 2
fi
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-8}
# shellcheck disable=SC2086
srun -p "$1" --job-name="$2" --gres="gpu:$GPUS_PER_NODE" --ntasks="$GPUS" \
    --ntasks-per-node="$GPUS_PER_NODE" --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    "$PYTHON" -u "$(dirname "$0")/train.py" "$3" --work-dir="$4" --launcher slurm "${@:5}"
