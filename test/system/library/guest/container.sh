#!/bin/sh
# Runs a program as the runtime of its container would: with mounts and processes of its own, a file system that is
# read-only, a user, only some capabilities, and confined by a profile from its start.
#   container PROFILE UID GID CAPABILITIES [tmpfs PATH | volume NAME PATH]… -- PROGRAM…
set -e
profile=$1 uid=$2 gid=$3 capabilities=$4
shift 4
mount -t proc proc /proc
while [ "$1" != -- ]; do
  case $1 in
    tmpfs)
      mount -t tmpfs tmpfs "$2"
      shift 2
      ;;
    volume)
      mount --bind "/srv/$2" "$3"
      shift 3
      ;;
  esac
done
shift
mount -t tmpfs tmpfs /dev/shm
mount -o remount,bind,ro /
cd /
# So that the program may open /dev/stdout.
chown "$uid" /proc/self/fd/1 /proc/self/fd/2
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --bounding-set "$capabilities" --inh-caps=-all \
  -- aa-exec -p "$profile" -- "$@"
