#!/bin/sh
# Runs the program in one process for all commands, which the first one starts.
requests=/run/aa-registry-requests
if [ ! -p $requests ]; then
  mkfifo $requests
  node /opt/aa-registry/cli-process.cjs </dev/null >/dev/console 2>&1 &
fi
folder=$(mktemp -d /run/aa-registry.XXXXXX)
mkfifo "$folder/code"
printf '%s\0' "$@" >"$folder/arguments"
echo "$folder" >$requests
read -r code <"$folder/code"
cat "$folder/stdout"
cat "$folder/stderr" >&2
rm -r "$folder"
exit "$code"
