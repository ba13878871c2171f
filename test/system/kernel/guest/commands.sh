#!/bin/sh
# Takes the machine's network into use and runs what the test says.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root

# What qemu's user network gives to its guest.
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2

# The line to the test gets its name a moment after it has appeared.
until [ -n "${line-}" ]; do
  for port in /sys/class/virtio-ports/*; do
    [ "$(cat "$port/name")" = test ] && line=/dev/${port##*/}
  done
done
exec <>"$line" >&0

# A line in: a command in base64. A line out: its exit code, stdout and stderr in base64.
echo ready
n=0
while read -r command; do
  n=$((n + 1))
  echo "$command" | base64 -d >/run/$n.sh
  (cd /root && exec sh /run/$n.sh </dev/null >/run/$n.out 2>/run/$n.err)
  echo "$?:$(base64 -w 0 /run/$n.out):$(base64 -w 0 /run/$n.err)"
  rm /run/$n.*
done
