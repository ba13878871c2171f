#!/bin/sh
# Fills the templates with the environment.
set -e
from=/etc/nginx/templates to=/etc/nginx/conf.d
[ -d $from ] || exit 0
[ -w $to ] || { echo "$0: cannot write $to"; exit 0; }
defined=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')
find $from -follow -type f -name '*.template' -print | while read -r template; do
  output=$to/$(basename "$template" .template)
  echo "$0: envsubst $template to $output"
  envsubst "$defined" <"$template" >"$output"
done
