#!/usr/bin/env bash
# Builds libclipfusion_native.so into artifacts/runtimes/RUNTIME/native. Called by build.sh and by ClipFusion.Native.csproj, by two at once
# if need be. usage: make.sh [linux-x64|linux-arm64]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

runtime=${1:-linux-x64}
options=() compiler=g++
if [[ $runtime == linux-arm64 && $(uname -m) != aarch64 ]]; then
  compiler=aarch64-linux-gnu-g++
  options=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64)
fi

for tool in cmake "$compiler"; do
  command -v "$tool" >/dev/null || {
    echo "error: $tool is missing, and the native search for $runtime can't be built without it: run ./build.sh setup, or build with" \
      "-p:SkipNative=true for the slower managed search" >&2
    exit 1
  }
done

out=artifacts/runtimes/$runtime/native build=obj/cmake-$runtime
mkdir -p "$out" obj
exec 9>obj/make.lock
flock 9
cmake -S . -B "$build" -DCMAKE_CXX_COMPILER="$compiler" "${options[@]}" >/dev/null
cmake --build "$build" --parallel 2 --target clipfusion_native
# Replaced, not overwritten: a running program keeps the library that it has mapped.
cp "$build/libclipfusion_native.so" "$out/new.so"
mv "$out/new.so" "$out/libclipfusion_native.so"
