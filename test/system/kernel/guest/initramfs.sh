#!/bin/busybox sh
# The first program: brings up the virtual hardware, mounts the disk and goes on from there.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
while read -r module; do $bb insmod "/modules/$module"; done </modules/order
$bb mount -t ext4 /dev/vda /disk
# The disk is created by the user who runs the tests.
[ "$($bb stat -c %u /disk/etc)" = 0 ] || $bb chown -Rh 0:0 /disk
for folder in proc sys dev; do $bb mount -o move /$folder /disk/$folder; done
exec $bb switch_root /disk /sbin/init
