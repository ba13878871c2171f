#!/bin/sh
# Prepares the configuration as the official image does, then runs the command.
set -e
say() { [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS-}" ] || echo "$0: $*"; }
if [ "$1" = nginx ] && find /docker-entrypoint.d -type f -print -quit 2>/dev/null | read -r _; then
  find /docker-entrypoint.d -follow -type f -name '*.sh' -print | sort | while read -r script; do
    [ -x "$script" ] || { say "ignoring $script, which is not executable"; continue; }
    say "running $script"
    "$script"
  done
  say 'configuration complete'
fi
exec "$@"
