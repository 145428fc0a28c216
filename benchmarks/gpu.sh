#!/usr/bin/env bash
# Checks and times augreg on a machine with CUDA, without network and without an installation; see gpu.py.
# Run: bash benchmarks/gpu.sh [--rehearse] [--minutes M] [FOLDER]      results: FOLDER, else $OUT, else gpu-results
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
path=$("$python" "$here/benchmarks/uninstalled.py" "$made") || exit
export PYTHONPATH="$path${PYTHONPATH:+:$PYTHONPATH}"
cd "$here" || exit

"$python" benchmarks/gpu.py "$@"
status=$?
[ "$status" = 2 ] && exit 2 # no device, or a wrong option

# The tests marked so that gpu.py does not run itself: those of the plugins and of the core.
rehearse=0
for word in "$@"; do [ "$word" = "--rehearse" ] && rehearse=1; done
if [ "$rehearse" = 1 ]; then
    echo "rehearsal: the tests marked cuda are left out"
elif "$python" -c "import pytest, hypothesis" 2>/dev/null; then
    # Only the files that have such tests: reading all takes a minute. Other versions of libraries may warn.
    mapfile -t files < <(grep -rl "mark.cuda" --include="test_*.py" --exclude=test_cuda.py tests plugins)
    timeout 90 "$python" -m pytest -q -p no:cacheprovider -W default -m cuda "${files[@]}"
    tested=$?
    [ "$tested" = 5 ] && tested=0 # no test was there to run
    [ "$status" = 0 ] && status=$tested
else
    echo "pytest or hypothesis is not here: the tests marked cuda are left out"
fi
exit "$status"
