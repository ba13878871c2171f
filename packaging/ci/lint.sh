#!/usr/bin/env bash
# Lints the packages that contain some files: lint.sh [--OPTION=VALUE…] -- FILE…, with the options of "aa-registry lint".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

options=()
while [[ $# -gt 0 && $1 != -- ]]; do
  options+=("$1")
  shift
done
if [[ $# -eq 0 ]]; then
  echo 'lint.sh: "--" is missing before the files' >&2
  exit 2
fi
shift

mapfile -d '' -t packages < <("$here/packages.sh" "$@")
if [[ ${#packages[@]} -eq 0 ]]; then exit 0; fi
exec aa-registry lint "${options[@]}" "${packages[@]/#-/./-}"
