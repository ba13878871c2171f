#!/bin/sh
# Prepares the guest: devices, as a container's runtime creates them, and what attackers look for.
set -e
mkdir -p /dev/shm /srv/mounted /mnt /root/.ssh /home/user/.aws /var/lib/kubelet /etc/cron.d \
  /run/secrets/kubernetes.io/serviceaccount
for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
  [ -e "/dev/${link%%:*}" ] || ln -s "/proc/self/${link#*:}" "/dev/${link%%:*}"
done
echo 0 >/proc/sys/kernel/printk_ratelimit
for file in /etc/shadow /root/.ssh/id_ed25519 /home/user/.aws/credentials /var/lib/kubelet/config \
  /run/secrets/kubernetes.io/serviceaccount/token; do
  echo secret >"$file"
done
echo '127.0.0.1 localhost' >/etc/hosts
