#!/usr/bin/env bash
# Installs mmcv with operators that were compiled for the installed PyTorch.
#
# A fitting wheel from the folder WHEELHOUSE is taken when it loads; otherwise the
# operators are compiled here. The wheel that was compiled is kept in VENV/wheels.
#
# What mmcv imports (opencv, addict, ...) has to be there already.
#
# Usage: build_mmcv.sh VENV
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$(cd "$1" && pwd)
python=$venv/bin/python
pip=("$python" -m pip --disable-pip-version-check)
mmcv=$(grep '^onedl-mmcv==' "$here/../../requirements/mminstall.txt")
built_for=$venv/mmcv-built-for
wanted="$mmcv for torch $("$python" -c 'import torch; print(torch.__version__)')"

operators_work() {
  "$python" "$here/check_operators.py" "${mmcv#*==}"
}

accept() {
  echo "$wanted" >"$built_for"
  echo "mmcv: $1"
  exit 0
}

# pip would take an installed mmcv, or one from its cache, whatever torch it was built
# for; hence the forced installations below.
put_in() {
  "${pip[@]}" install --no-deps --force-reinstall --no-index "$@"
}

compile() {
  "${pip[@]}" wheel --verbose --no-deps --no-cache-dir --no-build-isolation \
    --no-binary onedl-mmcv --wheel-dir "$venv/wheels" "$mmcv"
}

compile_with_precompiled_headers() {
  # Checked with GCC on Linux only; others build the plain way.
  [[ $(uname -s) == Linux ]] && "${CXX:-c++}" --version | grep -qi 'free software' ||
    return 1
  local status=0
  # Some 700 MB, more than /tmp holds on some machines.
  PCH_DIR=$(mktemp -d "$venv/pch.XXXXXX")
  export PCH_DIR
  trap 'rm -rf "$PCH_DIR"' EXIT
  PCH_CXX=${CXX:-c++} CXX=$here/cxx_with_pch.sh CFLAGS='-DNDEBUG -g0 -O2 -w' compile ||
    status=$?
  rm -rf "$PCH_DIR"
  return "$status"
}

if [[ -f $built_for && $(<"$built_for") == "$wanted" ]] && operators_work; then
  accept 'the installed operators fit'
fi

if [[ -n ${WHEELHOUSE:-} ]]; then
  if put_in --only-binary onedl-mmcv --find-links "$WHEELHOUSE" "$mmcv" &&
    operators_work; then
    accept "took the wheel from $WHEELHOUSE"
  fi
  echo "mmcv: no wheel in $WHEELHOUSE fits, compiling"
fi

command -v "${CXX:-c++}" >/dev/null || {
  echo 'mmcv: compiling its operators needs a C++ compiler, and there is none.'
  echo 'Install one (Debian and Ubuntu: apt-get install g++) and run the command again.'
  exit 1
}
# The build looks ninja up in PATH; without it the files are compiled one by one.
export PATH=$venv/bin:$PATH MMCV_WITH_OPS=1
export MAX_JOBS=${MAX_JOBS:-$(getconf _NPROCESSORS_ONLN)}
mkdir -p "$venv/wheels"
rm -f "$venv"/wheels/onedl_mmcv-*.whl
compile_with_precompiled_headers || compile
put_in "$venv"/wheels/onedl_mmcv-*.whl
operators_work
accept 'compiled the operators'
