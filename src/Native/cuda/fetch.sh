#!/usr/bin/env bash
# Fetches what compiles the GPU kernels (CUDA 11.8, from Debian's non-free component) into ~/.cache/clipfusion/cuda-11.8, and nothing into
# the system: no package is installed, and the system's list of sources is only copied. 870 MB come over the line, 200 MB stay.
set -euo pipefail

readonly suite=bookworm version=11.8
readonly target=${XDG_CACHE_HOME:-$HOME/.cache}/clipfusion/cuda-$version

say() { printf 'cuda: %s\n' "$*" >&2; }
fail() { say "$1"; exit 1; }

[[ ! -x $target/bin/nvcc ]] || { say "$target is there"; exit 0; }
[[ $(dpkg --print-architecture 2>/dev/null) == amd64 ]] ||
  fail "the compiler is fetched on 64-bit x86 Debian only; elsewhere pass -DCFN_NVCC=/path/to/nvcc to CMake"

mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The system's own mirror, with the components that it leaves out.
mkdir -p "$work/apt/sources" "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/packages"
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
cat >"$work/apt/sources/non-free.sources" <<TEXT
Types: deb
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: $suite
Components: contrib non-free
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
TEXT
apt=(apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/sources" -o Dir::State::Lists="$work/apt/lists"
  -o Dir::Cache="$work/apt"
  -o APT::Sandbox::User="$(id -un)")
"${apt[@]}" update >&2 || fail "Debian's non-free component can't be reached: ${mirror:-http://deb.debian.org/debian}"
(cd "$work/packages" && "${apt[@]}" download nvidia-cuda-toolkit nvidia-cuda-dev libnvvm4 >&2) ||
  fail "the compiler's packages can't be downloaded"

unpack() { dpkg-deb --fsys-tarfile "$work"/packages/"$1"_*.deb | tar -x -C "$work/unpacked" "${@:2}"; }
mkdir "$work/unpacked"
unpack nvidia-cuda-toolkit
unpack libnvvm4
# Headers only, and not those of the largest libraries.
unpack nvidia-cuda-dev --wildcards './usr/include/*' --exclude='*/thrust*' --exclude='*/cub/*' --exclude='*/npp*'

# Into one folder, as NVIDIA's own installer lays it out.
tree=$work/tree from=$work/unpacked/usr
mkdir -p "$tree/bin" "$tree/nvvm"
mv "$from"/lib/nvidia-cuda-toolkit/bin/{nvcc,cicc,crt} "$from"/bin/{ptxas,cudafe++,fatbinary,cuobjdump,nvdisasm,nvlink} "$tree/bin/"
mv "$from/lib/nvidia-cuda-toolkit/libdevice" "$tree/nvvm/"
mv "$from/include" "$tree/include"
mkdir "$tree/lib"
cp -P "$from"/lib/x86_64-linux-gnu/libnvvm.so* "$tree/lib/"
cat >"$tree/bin/nvcc.profile" <<'TEXT'
TOP = $(_HERE_)/..
NVVMIR_LIBRARY_DIR = $(TOP)/nvvm/libdevice
LD_LIBRARY_PATH += $(TOP)/lib:
PATH += $(_HERE_):
INCLUDES += "-I$(TOP)/include" $(_SPACE_)
TEXT
"$tree/bin/nvcc" --version | grep -q "release $version" || fail "what was unpacked is not CUDA $version"
# Another run may have been first.
mv -T "$tree" "$target" 2>/dev/null || [[ -x $target/bin/nvcc ]]
say "$target"
