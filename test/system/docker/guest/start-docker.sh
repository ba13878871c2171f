#!/bin/sh
# Mounts what Docker needs, as systemd would, and starts it.
set -e
[ -d /sys/fs/cgroup ] && mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t mqueue mqueue /dev/mqueue
for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
  [ -e "/dev/${link%%:*}" ] || ln -s "/proc/self/${link#*:}" "/dev/${link%%:*}"
done
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 0 >/proc/sys/kernel/printk_ratelimit
dockerd >/var/log/dockerd.log 2>&1 </dev/null &
for _ in $(seq 120); do
  docker info >/dev/null 2>&1 && exit
  sleep 1
done
tail -20 /var/log/dockerd.log >&2
exit 1
