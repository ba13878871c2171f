#!/usr/bin/env bash
# Reviews the packages that a branch changes, in a Git repository: review.sh BASE OUT [--OPTION=VALUE…], with options that
# "aa-registry lint", "diff" and "summary" have, such as --base and --target. BASE is the commit to compare with. Writes
# OUT/review.md with what each package permits more and less than in BASE, and OUT/lint.sarif with the findings if there is a
# package to lint. Exits with 1 if a package has errors.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ $# -lt 2 ]]; then
  echo 'Usage: review.sh BASE OUT [--OPTION=VALUE…]' >&2
  exit 2
fi
base=$1 out=$2
shift 2
options=("$@")
mkdir -p "$out"
start=$(git merge-base "$base" HEAD)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
old=$temporary/tree

# The packages of both sides: one that was removed is in BASE only.
mapfile -d '' -t changed < <(git diff --name-only --no-renames --relative -z "$start" HEAD)
# Not "git archive", which leaves out what .gitattributes says.
export GIT_INDEX_FILE=$temporary/index
git read-tree "$start"
git checkout-index --all --prefix="$old/"
unset GIT_INDEX_FILE
prefix=$(git rev-parse --show-prefix)
mapfile -d '' -t now < <("$here/packages.sh" "${changed[@]}")
mapfile -d '' -t before < <(mkdir -p "$old/$prefix" && cd "$old/$prefix" && "$here/packages.sh" "${changed[@]}")

# A name as a code span that it can't end (CommonMark, section 6.1): without backticks and control characters.
span() {
  printf '`%s`' "$(tr -d '`[:cntrl:]' <<<"$1")"
}

failed=0
if [[ ${#now[@]} -gt 0 ]]; then
  aa-registry lint "${options[@]}" --format=sarif "${now[@]/#-/./-}" >"$out/lint.sarif" || failed=$?
fi
# Nothing is printed if a package can't be read, which lint says on standard error.
if [[ ! -s $out/lint.sarif ]]; then rm -f "$out/lint.sarif"; fi
if [[ $failed -gt 1 ]]; then exit "$failed"; fi

{
  echo '## AppArmor profiles'
  if [[ ${#now[@]} -eq 0 && ${#before[@]} -eq 0 ]]; then
    printf '\nNo package is changed.\n'
  fi
  for folder in "${now[@]}"; do
    printf '\n### %s\n\n' "$(span "$folder")"
    if [[ -f $old/$prefix$folder/aa-profile.toml ]]; then
      code=0
      text=$(aa-registry diff "${options[@]}" --format=markdown "$old/$prefix$folder" "./$folder") || code=$?
      if [[ $code -gt 1 && -z $text ]]; then text='It can’t be compared: see the errors of lint.'; fi
    else
      # An indented code block, which no text can end.
      text=$(printf 'New. It permits:\n\n' && aa-registry summary "${options[@]}" "./$folder" | sed 's/^/    /') ||
        text='New. See the errors of lint.'
    fi
    printf '%s\n' "$text"
  done
  for folder in "${before[@]}"; do
    if [[ ! -f $folder/aa-profile.toml ]]; then
      printf '\n### %s\n\nRemoved.\n' "$(span "$folder")"
    fi
  done
} >"$out/review.md"
exit "$failed"
