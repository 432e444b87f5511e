#!/usr/bin/env bash
# Builds libclipfusion_native.so into artifacts/runtimes/linux-x64/native. Called by build.sh and by ClipFusion.Native.csproj, by two at once if need be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

for tool in cmake g++; do
  command -v "$tool" >/dev/null || {
    echo "error: $tool is missing, and the native search can't be built without it: run ./build.sh setup, or build with -p:SkipNative=true for the slower managed search" >&2
    exit 1
  }
done

out=artifacts/runtimes/linux-x64/native
mkdir -p "$out" obj
exec 9>obj/make.lock
flock 9
cmake -S . -B obj/cmake -DCMAKE_CXX_COMPILER=g++ >/dev/null
cmake --build obj/cmake --parallel 2 --target clipfusion_native
# Replaced, not overwritten: a running program keeps the library that it has mapped.
cp obj/cmake/libclipfusion_native.so "$out/new.so"
mv "$out/new.so" "$out/libclipfusion_native.so"
