#!/usr/bin/env bash
# What "./build.sh publish" made: install.sh into a folder, the program runs from there without an installed .NET, an upgrade and a removal
# keep what they must. usage: publish-check.sh X64_TARBALL ARM64_TARBALL; run on an x64 machine
set -euo pipefail

fail() { printf 'publish-check: %s\n' "$1" >&2; exit 1; }
expect() { [[ $1 == "$2" ]] || fail "$3: found '$1', expected '$2'"; }
machine() { od -An -tx1 -j18 -N2 "$1" | tr -d ' \n'; }

[[ $# == 2 && -f $1 && -f $2 ]] || fail "two tarballs are expected, of linux-x64 and linux-arm64"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir "$root"

tar -C "$work" -xzf "$1"
unpacked=$work/$(basename "$1" .tar.gz)
expect "$(machine "$unpacked/clipfusion")" 3e00 "ELF machine of linux-x64"

# A first installation.
"$unpacked/install.sh" --root "$root"
program=$root/opt/clipfusion/clipfusion
for file in "$program" "$root"/etc/clipfusion/clipfusion{,.schema}.json \
  "$root"/etc/systemd/system/clipfusion.service "$root"/opt/clipfusion/docs/appliance.md "$root"/usr/lib/sysusers.d/clipfusion.conf; do
  [[ -e $file ]] || fail "$file is missing after an installation"
done

# Nothing but what was installed: no SDK, no runtime, no environment.
bare() { env -i PATH=/usr/bin:/bin HOME="$work" "$@"; }
code=0
said=$(bare "$program" config check "$root/etc/clipfusion/clipfusion.json" 2>&1) || code=$?
expect "$code" 2 "exit code of a check of the example without a model pack"
[[ $said == *'$.modelPack'* ]] || fail "the check does not say that the model pack is missing: $said"
bare "$program" models build --starter --out "$work/pack" >/dev/null
for file in bash-completion/completions/clipfusion zsh/vendor-completions/_clipfusion; do
  [[ -s $root/usr/share/$file ]] || fail "$file is missing after an installation"
done
code=0
bare "$program" config check "$work/nothing.json" 2>/dev/null || code=$?
expect "$code" 2 "exit code of a check of a missing configuration"

# run: until it says that it serves, then SIGTERM. No broker: a state, not an error.
cat >"$work/run.json" <<JSON
{ "device": "check", "dataFolder": "data", "modelPack": "pack",
  "stations": [{ "name": "line1", "camera": { "kind": "simulated" } }],
  "mqtt": { "host": "127.0.0.1", "port": 9 }, "http": { "port": 0 }, "storage": { "reserveMb": 1 } }
JSON
bare "$program" config check "$work/run.json"
coproc RUN { exec env -i PATH=/usr/bin:/bin HOME="$work" "$program" run --config "$work/run.json" 2>&1; }
pid=$RUN_PID said=
while IFS= read -r -t 60 line <&"${RUN[0]}"; do
  said+=$line$'\n'
  [[ $line != *Serving* ]] || break
done
[[ $said == *Serving* ]] || fail "run did not say within a minute that it serves: $said"
exec 3<&"${RUN[0]}"
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
expect "$code" 0 "exit code of run after SIGTERM ($said$(cat <&3))"

# An upgrade keeps configuration and data; a second one changes nothing.
echo '// mine' >>"$root/etc/clipfusion/clipfusion.json"
echo kept >"$root/var/lib/clipfusion/mine"
touch "$root/opt/clipfusion/of-the-old-version"
for (( i = 0; i < 2; i++ )); do "$unpacked/install.sh" --root "$root" 2>/dev/null; done
expect "$(tail -n 1 "$root/etc/clipfusion/clipfusion.json")" '// mine' "configuration after an upgrade"
expect "$(cat "$root/var/lib/clipfusion/mine")" kept "data after an upgrade"
[[ ! -e $root/opt/clipfusion/of-the-old-version ]] || fail "an upgrade left a file of the old version"

# The removal, by the installed script.
"$root/opt/clipfusion/install.sh" --uninstall --root "$root" 2>/dev/null
[[ ! -e $program && ! -e $root/etc/systemd/system/clipfusion.service && ! -L $root/usr/local/bin/clipfusion ]] ||
  fail "something of the program is left after a removal"
expect "$(cat "$root/var/lib/clipfusion/mine")" kept "data after a removal"
[[ -e $root/etc/clipfusion/clipfusion.json ]] || fail "the configuration is gone after a removal"
code=0
"$unpacked/install.sh" --uninstall --root "$root" 2>/dev/null || code=$?
expect "$code" 1 "exit code of a removal where nothing is installed"

# linux-arm64 can't be run here: what can be told from outside.
tar -C "$work" -xzf "$2"
arm=$work/$(basename "$2" .tar.gz)
for file in clipfusion libcoreclr.so libonnxruntime.so libe_sqlite3.so libclipfusion_native.so; do
  expect "$(machine "$arm/$file")" b700 "ELF machine of linux-arm64/$file"
done
for file in clipfusion libcoreclr.so libonnxruntime.so libe_sqlite3.so libclipfusion_native.so libOpenCvSharpExtern.so; do
  expect "$(machine "$unpacked/$file")" 3e00 "ELF machine of linux-x64/$file"
done

echo "publish-check: linux-x64 installed and run, linux-arm64 looked at, not run"
