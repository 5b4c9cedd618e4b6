#!/usr/bin/env bash
# Installs the built wheel where nothing of the checkout is in reach, and uses it as a user would.
set -euo pipefail
python=${1:-python3}
wheel=$(ls "$PWD"/dist/*.whl)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel"
cp -r fixtures/projects/shop/input "$work/infra"
cd "$work"
program="$work/venv/bin/prodready-infra"
"$program" --version
"$program" explain readiness-probe-missing > /dev/null
"$program" inspect infra -o json > /dev/null
code=0
"$program" check infra -o text -o json=report.json -o sarif=report.sarif > text.txt || code=$?
[ "$code" = 1 ] || { echo "check of the example ended with $code"; exit 1; }
grep -q '"version": "prodready/v1"' report.json
tail -n 2 text.txt
