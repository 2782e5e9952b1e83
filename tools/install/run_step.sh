# Sourced by install.sh: runs one named step with progress, a log and a clear failure.
# Needs the variables LOGS (folder of the logs) and STEPS (how many there are).

step=0
job=

# Each job gets a process group of its own, so that an interrupt ends its compilers too.
set -m
trap '[[ -z $job ]] || kill -- "-$job" 2>/dev/null; exit 130' INT TERM HUP

clock() { # SECONDS -> mm:ss
  printf '%02d:%02d' $(($1 / 60)) $(($1 % 60))
}

compiled() { # LOG -> ', 12/78 files compiled' when the step compiles
  local count
  count=$(grep -oE '^ *\[[0-9]+/[0-9]+\]' "$1" | tail -n 1 | tr -d ' []') || true
  [[ -z $count ]] || printf ', %s files compiled' "$count"
}

# Usage: run_step NAME COMMAND [ARGUMENT]...
run_step() {
  local name=$1 label log start=$SECONDS next=0
  shift
  step=$((step + 1))
  printf -v label '[%2d/%d] %s' "$step" "$STEPS" "$name"
  printf -v log '%s/%02d-%s.log' "$LOGS" "$step" "${name//[^a-z0-9]/-}"

  : >"$log" # the loop below may read it before the job has opened it
  "$@" >>"$log" 2>&1 </dev/null &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    if [[ -t 1 ]]; then # one line that is written over and over
      printf '\r\033[K%s: %s%s' "$label" "$(clock $((SECONDS - start)))" \
        "$(compiled "$log")"
    elif ((SECONDS - start >= next)); then # a line now and then for a log file
      printf '%s: %s%s\n' "$label" "$(clock $((SECONDS - start)))" \
        "$(compiled "$log")"
      next=$((SECONDS - start + 30))
    fi
    sleep 0.5
  done

  local status=0
  wait "$job" || status=$?
  job=
  [[ ! -t 1 ]] || printf '\r\033[K'
  if ((status)); then
    {
      echo "$label: FAILED after $(clock $((SECONDS - start)))"
      echo "The last lines of $log:"
      tail -n 25 "$log" | cut -c 1-400 | sed 's/^/    /'
      echo "set-up: the step '$name' failed; its whole output is in $log."
      echo 'docs/installation.md lists known causes. Run the same command to go on.'
    } >&2
    exit 1
  fi
  echo "$label: done in $(clock $((SECONDS - start)))"
}
