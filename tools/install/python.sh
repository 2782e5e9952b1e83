# Read by the shell scripts in tools: the Python to start, as PYTHON.
# That of PYTHON or of the active environment; else .venv of the checkout, if it is there.
venv=$(dirname "${BASH_SOURCE[0]}")/../../.venv/bin/python
if [ -z "${PYTHON:-}" ]; then
    PYTHON=python
    if [ -z "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ] && [ -x "$venv" ]; then
        PYTHON=$venv
    fi
fi
