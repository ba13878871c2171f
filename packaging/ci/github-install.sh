#!/usr/bin/env bash
# Installs aa-registry and the Node.js that it needs for the following steps of a GitHub Actions job. VERSION: that of aa-registry.
set -euo pipefail
folder=$RUNNER_TEMP/aa-registry
npm install --silent --no-save --prefix "$folder" "aa-registry@$VERSION" node@24
echo "$folder/node_modules/.bin" >>"$GITHUB_PATH"
