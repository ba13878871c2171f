#!/usr/bin/env bash
# Prints the folders of the packages that contain these files, each once and ended by a NUL byte. A file is in the package of
# the nearest folder above it that has an aa-profile.toml; files that are in none are passed over.
set -euo pipefail

declare -A found=()
for file in "$@"; do
  folder=$(dirname -- "$file")
  while [[ ! -f $folder/aa-profile.toml && $folder != . && $folder != / ]]; do
    folder=$(dirname -- "$folder")
  done
  if [[ -f $folder/aa-profile.toml && -z ${found[$folder]:-} ]]; then
    found[$folder]=yes
    printf '%s\0' "$folder"
  fi
done
