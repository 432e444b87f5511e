#!/usr/bin/env bash
# Puts the independent checkers that the tests run into the folder given as $1: promtool (Debian's prometheus, unpacked and not installed,
# since its package would start a server) and what tests/Checkers/package.json names. Needs npm and apt-get, no root.
set -euo pipefail

folder="${1:?usage: tests/checkers.sh FOLDER}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

if [[ ! -x $folder/promtool ]]; then
  if command -v promtool >/dev/null; then
    ln -sf "$(command -v promtool)" "$folder/promtool"
  else
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    (cd "$work" && { apt-get download prometheus || { apt-get update && apt-get download prometheus; }; }) >/dev/null
    dpkg-deb -x "$work"/prometheus_*.deb "$work/unpacked"
    mv "$work/unpacked/usr/bin/promtool" "$folder/promtool"
  fi
fi

if ! cmp -s "$here/Checkers/package-lock.json" "$folder/package-lock.json" || [[ ! -d $folder/node_modules ]]; then
  cp "$here/Checkers/package.json" "$here/Checkers/package-lock.json" "$folder/"
  npm ci --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" || { rm -f "$folder/package-lock.json"; exit 1; }
fi
echo "promtool, redocly, the AsyncAPI parser and ajv are in $folder"
