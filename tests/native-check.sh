#!/usr/bin/env bash
# What the native library needs and shows: nothing of a CUDA toolkit or driver at load time, no symbols but the ABI's, and the GPU kernels
# where they were compiled. usage: native-check.sh LIBRARY x86-64|aarch64
set -euo pipefail

fail() { printf 'native-check: %s: %s\n' "$library" "$1" >&2; exit 1; }

library=$1 machine=$2
header=$(readelf -h "$library")
grep -q "Type: *DYN" <<<"$header" && grep -qi "Machine: .*$machine" <<<"$header" || fail "is not a shared object for $machine: $header"

needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
while read -r name; do
  case $name in
    libc.so.6 | libm.so.6 | libdl.so.2 | libpthread.so.0 | ld-linux-*.so.*) ;;
    *) fail "needs $name when it is loaded" ;;
  esac
done <<<"$needed"

other=$(nm -D --defined-only "$library" | awk '$3 !~ /^cfn_/ { print $3 }')
[[ -z $other ]] || fail "exports more than the ABI: $other"

kernels=$(nm "$library" | sed -n 's/.* cfn_image_//p' | sort | tr '\n' ' ')
if [[ -x ${XDG_CACHE_HOME:-$HOME/.cache}/clipfusion/cuda-11.8/bin/nvcc ]]; then
  [[ $kernels == "compute_70 compute_80 sm_72 sm_80 sm_87 sm_89 sm_90 " ]] ||
    fail "has the GPU kernels '$kernels' although their compiler is here"
fi
printf '%s: %s, needs %s, GPU kernels: %s\n' "$library" "$machine" "$(tr '\n' ' ' <<<"$needed")" "${kernels:-not built in}"
