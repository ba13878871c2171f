#!/usr/bin/env bash
# Reviews the changed packages in a step of GitHub Actions, and shows the result in its summary. BASE: the commit to compare
# with. OPTIONS: those of review.sh, one in each line.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ ! $BASE =~ [1-9a-f] ]]; then
  echo '::error::There is no commit to compare with: set the input "base".'
  exit 2
fi
# A shallow clone may lack it, and the commits up to it.
if [[ $(git rev-parse --is-shallow-repository) == true ]]; then git fetch --quiet --unshallow; fi
options=()
while IFS= read -r line; do
  if [[ -n $line ]]; then options+=("$line"); fi
done <<<"$OPTIONS"

out=$(mktemp -d "$RUNNER_TEMP/review.XXXXXX")
code=0
"$here/review.sh" "$BASE" "$out" "${options[@]}" || code=$?
if [[ -f $out/review.md ]]; then
  cat "$out/review.md" >>"$GITHUB_STEP_SUMMARY"
  echo "review=$out/review.md" >>"$GITHUB_OUTPUT"
fi
if [[ -f $out/lint.sarif ]]; then echo "sarif=$out/lint.sarif" >>"$GITHUB_OUTPUT"; fi
exit "$code"
