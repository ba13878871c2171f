#!/bin/sh
# Starts a worker for each processor, if asked for.
set -e
[ -n "${NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE-}" ] || exit 0
touch /etc/nginx/nginx.conf 2>/dev/null || { echo "$0: cannot write /etc/nginx/nginx.conf"; exit 0; }
sed -i "s/^worker_processes .*/worker_processes $(nproc);/" /etc/nginx/nginx.conf
echo "$0: $(grep ^worker_processes /etc/nginx/nginx.conf)"
