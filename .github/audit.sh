#!/usr/bin/env bash
# The audit step of action.yml. What the caller says arrives in the environment and reaches gradaudit as whole
# arguments: BIN, PATHS, FAIL_ON, REPORT, WORKING_DIRECTORY, beside the runner's own variables.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd)

finish() {
    echo "status=$1" >> "$GITHUB_OUTPUT"
    exit "$1"
}

refuse() {
    echo "::error title=gradaudit::$1"
    finish 2
}

cd -- "$WORKING_DIRECTORY" || refuse "the working-directory does not exist"

sources=()
while IFS= read -r line; do
    line=${line%$'\r'}
    [ -z "$line" ] || sources+=("$line")
done <<< "$PATHS"
[ "${#sources[@]}" -gt 0 ] || refuse "paths is empty: name a file, a folder or a glob, one a line"

folder=$(mktemp -d "$RUNNER_TEMP/gradaudit-report.XXXXXX")
read -r -d '' -a kinds <<< "${REPORT//,/ }" || true
options=(--fail-on "$FAIL_ON")
for kind in ${kinds[@]+"${kinds[@]}"}; do
    case $kind in
        html | json) ;;
        pdf)
            if ! sh "$checkout/.ci/pango" "$BIN/python"; then
                echo "::notice title=gradaudit::no PDF: this runner has no Pango, and none could be installed"
                continue
            fi
            ;;
        *) refuse "report names a format other than html, pdf and json" ;;
    esac
    options+=(-o "$folder/report.$kind")
done

status=0
"$BIN/gradaudit" check "${options[@]}" -- "${sources[@]}" || status=$?

for file in "$folder"/report.*; do
    [ -e "$file" ] || continue
    echo "${file##*.}=$file" >> "$GITHUB_OUTPUT"
    kept=$folder
done
echo "folder=${kept:-}" >> "$GITHUB_OUTPUT"
finish "$status"
