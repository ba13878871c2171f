#!/bin/sh
# Adds an IPv6 listener to the unchanged default site.
set -e
site=/etc/nginx/conf.d/default.conf
[ -f /proc/net/if_inet6 ] || { echo "$0: no IPv6"; exit 0; }
touch $site 2>/dev/null || { echo "$0: cannot write $site"; exit 0; }
grep -q 'listen \[::\]:80' $site && exit 0
sed -i 's/^\( *\)listen 80;/&\n\1listen [::]:80;/' $site
echo "$0: Enabled listen on IPv6 in $site"
