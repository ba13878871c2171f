#!/bin/sh
# The machine's init: the little of a Debian boot that AppArmor needs, in its order.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root
mount -t securityfs securityfs /sys/kernel/security
mount -t tmpfs tmpfs /run

# As apparmor.service does.
/lib/apparmor/apparmor.systemd reload >/dev/console 2>&1

exec commands
