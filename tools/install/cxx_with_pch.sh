#!/usr/bin/env bash
# A C++ compiler that precompiles PyTorch's headers once and reuses them.
#
# Nearly all the time of building mmcv's operators goes into parsing the same PyTorch
# headers for every source file. The first compilation parses them with exactly its
# own flags; the others load the result. A compiler that cannot use the result reads
# the plain header instead, so the objects are the same either way.
#
# Usage: CXX=/path/to/cxx_with_pch.sh PCH_DIR=/some/folder PCH_CXX=c++ <build command>
set -euo pipefail

compiler=${PCH_CXX:-c++}
header=$PCH_DIR/pch.h

case " $* " in
  *' -c '*) ;;
  *) exec "$compiler" "$@" ;;  # a link step or a question about the compiler
esac

precompile() {
  local flags=()
  while (($#)); do
    case $1 in
      -o | -MF | -MT | -MQ) shift ;;  # the object and its list of dependencies
      -c | -MMD | -MD | -MP | *.cpp) ;;
      *) flags+=("$1") ;;
    esac
    shift
  done
  # What every source includes first. Adding torch/extension.h, which two of them
  # need, would make all the others slower: its templates are instantiated anew.
  echo '#include <torch/types.h>' >"$header"
  if "$compiler" "${flags[@]}" -x c++-header "$header" -o "$header.gch.part"; then
    mv "$header.gch.part" "$header.gch"
  else
    rm -f "$header.gch.part"
    echo 'cxx_with_pch: cannot precompile the headers, going on without' >&2
  fi
}

(
  flock 9
  if [[ ! -e $PCH_DIR/tried ]]; then
    precompile "$@"
    touch "$PCH_DIR/tried"
  fi
) 9>"$PCH_DIR/lock"

if [[ -e $header.gch ]]; then
  exec "$compiler" -include "$header" "$@"
fi
exec "$compiler" "$@"
