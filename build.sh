#!/usr/bin/env bash
# Everything that is done with this repository, one verb each. Works from a clean clone, without a terminal, and with CI=true (locked
# restore).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly sdk_major=10.0
readonly runtimes=(linux-x64 linux-arm64)

# Debian packages that are needed: name and why. All are installed without recommended packages.
readonly packages=(
  "libgtk-3-0    OpenCV's native part is linked against it"
  "python3-onnx  the ONNX checker that tests run on the graphs that we write"
  "python3-pil   Pillow, which reads back the comments that pictures carry"
  "g++           compiles the native search (src/Native)"
  "cmake         drives that"
  "mosquitto     the broker that the appliance's tests run against"
  "mosquitto-clients  mosquitto_sub, the independent ledger of those tests"
  "faketime  sets the clock of the real program back and forth in those tests"
  "chromium  the browser that has to see the page in those tests"
  "nginx-light  the proxy that the page has to come through in those tests"
  "strace  shows in tests that the program asks no other machine, and flushes what has to survive a power cut"
  "sqlite3  reads and copies the database of the running program in those tests"
)

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

usage() {
  cat >&2 <<'TEXT'
usage: ./build.sh VERB [ARGUMENT...]

  setup     check the .NET SDK, install missing Debian packages; every other verb does this first
  build     the program, runnable at artifacts/bin/clipfusion, its starter pack, and the tests
  test      build everything, check the format, run every test suite; "test full" runs the native tests with sanitizers and for ARM
            even where their sources have not changed;
            "test quick" is for while one works: the unit tests that are not slow; aim: two minutes without the build
  format    breaks the lines of the C# sources as the formatter has it; with --check: says which are not so, and which lines are too long
  soak      the long runs: "appliance" (2,000 triggers with kills, 30 minutes at full speed; CLIPFUSION_SOAK_MINUTES), "brokers"
            (RabbitMQ, NATS and aedes, installed for it), "fullsize" (networks at their published size); all without a word
  demo      build the program and run it on a simulated line, with a broker and a page; arguments go to "clipfusion demo"
  bench     the benchmarks; arguments go to BenchmarkDotNet
  cuda      fetches CUDA 11.8's compiler into ~/.cache/clipfusion (870 MB over the line, once) and builds the native library with the GPU
            kernels; without it every build leaves them out
  publish   self-contained tarballs for linux-x64 and linux-arm64 under artifacts/; with --check: installs the first into a folder, runs
            it, looks at the second
TEXT
}

say() { printf 'build.sh: %s\n' "$*" >&2; }
fail() { say "$1"; exit "${2:-1}"; }

# ---------------------------------------------------------------- setup

is_installed() {
  # Debian 13 renamed libgtk-3-0 to libgtk-3-0t64; either will do.
  local name
  for name in "$1" "${1}t64"; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) == ii* ]] && return 0
  done
  return 1
}

check_sdk() {
  command -v dotnet >/dev/null ||
    fail "the .NET SDK $sdk_major is missing: https://dotnet.microsoft.com/download/dotnet/$sdk_major, or
  curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel $sdk_major"
  dotnet --version >/dev/null 2>&1 ||
    fail "no installed .NET SDK fits global.json (needs $sdk_major.x): https://dotnet.microsoft.com/download/dotnet/$sdk_major"
}

install_packages() {
  local as_root=("$@")
  # As given first: the package lists may be recent enough.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2 && return
  "${as_root[@]}" apt-get update >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
}

setup() {
  check_sdk
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: make sure that GTK 3 and Python's onnx module are there"
    return
  fi

  local line name why
  local -a missing=()
  for line in "${packages[@]}"; do
    read -r name why <<<"$line"
    is_installed "$name" && continue
    say "missing: $name ($why)"
    missing+=("$name")
  done
  install
}

# Installs what stands in "missing", or says how to.
install() {
  (( ${#missing[@]} )) || return 0
  if (( EUID == 0 )); then install_packages env
  elif sudo -n true 2>/dev/null; then install_packages sudo -n
  else fail "may not install packages here; run this once:
  sudo apt-get install -y --no-install-recommends ${missing[*]}"
  fi
}

# ---------------------------------------------------------------- build

# The native search first, so that what is wrong with it is said here and not in the middle of the managed build.
build_native() { bash src/Native/make.sh; }

build_program() {
  build_native
  dotnet publish src/Cli -c Release -o artifacts/bin
  # Made anew each time: it takes half a second and belongs to this version of the builder.
  rm -rf artifacts/starter-pack
  artifacts/bin/clipfusion models build --starter --out artifacts/starter-pack
}

build() {
  build_program
  dotnet build ClipFusion.sln -c Release
  say "artifacts/bin/clipfusion, artifacts/starter-pack"
}

# ---------------------------------------------------------------- test

# Adds the counts of one suite's output to passed, failed and skipped. xunit ends with a line such as
#   ClipFusion.Tests  Total: 81, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0, Time: 2.923s
# Returns 1 when there is no such line: the suite did not come to its end.
count_suite() {
  local summary
  summary=$(sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E 'Total: [0-9]+, .*Failed: [0-9]+' | tail -n 1) || return 1
  [[ $summary =~ Total:\ ([0-9]+) ]] && local total=${BASH_REMATCH[1]}
  [[ $summary =~ Failed:\ ([0-9]+) ]] && local bad=${BASH_REMATCH[1]}
  local errors=0 left_out=0 not_run=0
  [[ $summary =~ Errors:\ ([0-9]+) ]] && errors=${BASH_REMATCH[1]}
  [[ $summary =~ Skipped:\ ([0-9]+) ]] && left_out=${BASH_REMATCH[1]}
  [[ $summary =~ Not\ Run:\ ([0-9]+) ]] && not_run=${BASH_REMATCH[1]}
  # An error is a fixture or clean-up that threw: xunit does not count it as a test, but it is a failure.
  passed=$(( passed + total - bad - left_out - not_run ))
  failed=$(( failed + bad + errors ))
  # Not run are the soak tests, which are only run when asked for.
  skipped=$(( skipped + left_out ))
}

# count COMMAND...: one check that passes or fails.
count() {
  if "$@"; then passed=$(( passed + 1 )); else failed=$(( failed + 1 )); fi
}

# run_suite NAME PROGRAM [ARGUMENT...]
run_suite() {
  local status=0
  start_suite "$@" || status=$?
  finish_suite "$1" "$status"
}

# Runs a suite, whose output goes into its log too, and returns its status. Counts nothing, so that two may run at once.
start_suite() {
  local name=$1 program=$2 log=artifacts/test-logs/$1.log
  rm -f "$log"
  [[ -x $program ]] || { say "$name: $program was not built"; return 127; }
  "$program" -noColor "${@:3}" 2>&1 | tee "$log"
}

# finish_suite NAME STATUS: counts what a suite's log says.
finish_suite() {
  local name=$1 status=$2 log=artifacts/test-logs/$1.log before=$failed
  if [[ ! -f $log ]] || ! count_suite "$log"; then
    say "$name: ended without a summary (exit code $status)"
    failed=$(( failed + 1 ))
  elif (( status == 77 && failed == before )); then
    say "$name: skipped"
  elif (( status != 0 && failed == before )); then
    say "$name: exit code $status although no test failed"
    failed=$(( failed + 1 ))
  fi
}

need_npm() {
  command -v npm >/dev/null && return
  missing=(npm)
  say "missing: npm (fetches CLIP's vocabulary and the checkers for tests)"
  install
}

# promtool, Redocly's rules, the AsyncAPI parser and a JSON-Schema validator, for the tests of what integrators' tools see.
fetch_checkers() {
  need_npm
  bash tests/checkers.sh artifacts/checkers || fail "the checkers could not be fetched into artifacts/checkers"
}

fetch_clip_vocabulary() {
  local folder=artifacts/clip-vocabulary
  [[ -f tests/clip-vocabulary.sh ]] || return 0
  [[ -f $folder/vocab.json ]] || need_npm
  [[ -f $folder/vocab.json ]] || bash tests/clip-vocabulary.sh "$folder" || fail "CLIP's vocabulary could not be fetched into $folder"
  export CLIPFUSION_CLIP_VOCABULARY=$PWD/$folder
}

need_arm_compiler() {
  local name
  local -a missing=()
  for name in g++-aarch64-linux-gnu qemu-user-static; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || missing+=("$name")
  done
  (( ${#missing[@]} == 0 )) || { say "missing: ${missing[*]} (builds and runs the native search for ARM)"; install; }
}

# Names what the native tests depend on: every source of the library and of its tests.
native_content() {
  find src/Native tests/Native -type f -not -path '*/obj/*' -not -path '*/bin/*' -not -path 'src/Native/artifacts/*' \
    -not -name verified.sha256 -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

# The native tests: as built for this processor, always. With sanitizers, on the emulated GPU and for 64-bit ARM under an emulator only
# where the sources are not those that the last full run has tested.
test_native() {
  local content verified=tests/Native/verified.sha256 before=$failed
  content=$(native_content)
  if [[ $1 != full && -f $verified && $(<"$verified") == "$content" ]]; then
    say "native: unchanged since the last full run: not run again with sanitizers, on the emulated GPU and for ARM" \
      "(./build.sh test full runs all)"
    native_suite native native_tests -- -DCFN_TESTS=ON
    check_library native x86-64
    return 0
  fi
  need_arm_compiler
  native_suite native native_tests device_tests gpu_bank -- -DCFN_TESTS=ON
  native_suite native-address native_tests device_tests -- -DCFN_TESTS=ON -DCFN_SANITIZE=address,undefined
  # The emulated GPU has fibers, which this sanitizer can't follow.
  native_suite native-thread native_tests -- -DCFN_TESTS=ON -DCFN_SANITIZE=thread
  native_suite native-arm native_tests device_tests -- \
    -DCFN_TESTS=ON -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++
  check_library native x86-64
  check_library native-arm aarch64
  if (( failed == before )); then
    echo "$content" >"$verified"
    say "native: all passed; $verified names these sources now"
  fi
}

# native_suite NAME PROGRAM... -- CMAKE-OPTION...
native_suite() {
  local name=$1 build=src/Native/obj/$1 log=artifacts/test-logs/$1.log program
  local -a programs=()
  shift
  while [[ $1 != -- ]]; do
    programs+=("$1")
    shift
  done
  shift
  local -a targets=(clipfusion_native "${programs[@]}")
  # The managed tests of the GPU search run on it too.
  [[ $name != native ]] || targets+=(emulated_driver)
  if ! { cmake -S src/Native -B "$build" "$@" && cmake --build "$build" --parallel 2 --target "${targets[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    say "$name: does not build"
    failed=$(( failed + 1 ))
    return 0
  fi
  for program in "${programs[@]}"; do
    # The emulated GPU is compared with one kernel of the CPU; the others are compared with that one anyway.
    local emulator='' kernel=''
    [[ $name != native-arm ]] || emulator="qemu-aarch64-static -L /usr/aarch64-linux-gnu"
    [[ $program != device_tests ]] || kernel=plain
    printf '#!/bin/sh\nexec %s %s %s\n' "$emulator" "$build/tests/$program" "$kernel" >"$build/run-$program"
    chmod +x "$build/run-$program"
    run_suite "$name-$program" "$build/run-$program"
  done
}

# check_library NAME MACHINE: what the library of a native suite needs and shows.
check_library() {
  count tests/native-check.sh "src/Native/obj/$1/libclipfusion_native.so" "$2"
}

# format [--check]: C# as CSharpier has it; the rest is only looked at. C++ is clang-format's (.clang-format).
format() {
  local tools=tools/style/dotnet-tools.json
  [[ $# == 0 || $* == --check ]] || fail "format: unknown argument '$*'; --check is the only one" 2
  dotnet tool restore --tool-manifest "$tools" >/dev/null || return 1
  (cd tools/style && dotnet csharpier "$([[ $# == 0 ]] && echo format || echo check)" ../..) || return 1
  /usr/bin/python3 tools/style/columns.py
}

# test_quick [xunit arguments...]: what is not marked [Trait("speed", "slow")], so that a new test is in it.
test_quick() {
  local suite=ClipFusion.Tests passed=0 failed=0 skipped=0
  mkdir -p artifacts/test-logs
  build_native
  fetch_clip_vocabulary
  dotnet build "tests/$suite" -c Release -warnaserror
  run_suite "$suite" "tests/$suite/bin/Release/net10.0/$suite" -trait- speed=slow "$@"
  (( skipped == 0 )) || say "$skipped skipped: what needs a GPU, or the emulated one on which it runs as well"
  say "quick: neither slow tests nor those of the running appliance; ./build.sh test runs all"
  echo "$passed passed, $failed failed"
  (( failed == 0 && passed > 0 ))
}

# test_all [full] [xunit arguments...]
test_all() {
  local passed=0 failed=0 skipped=0 project name status extent=usual
  if [[ ${1:-} == full ]]; then
    extent=full
    shift
  fi
  mkdir -p artifacts/test-logs
  build_native
  test_native "$extent"
  fetch_clip_vocabulary
  fetch_checkers
  dotnet build ClipFusion.sln -c Release -warnaserror
  # The build enforces names and usage; line breaks and white space are the formatter's.
  count format --check
  # What the program contains is said as the lock files have it.
  count /usr/bin/python3 tools/third-party/notices.py check

  # All suites at once: the appliance's waits much (for programs that start, brokers that are away), and the processors are free then.
  local -A running=()
  trap 'trap - INT TERM; kill 0' INT TERM
  shopt -s nullglob
  for project in tests/*Tests/*.csproj; do
    name=$(basename "$project" .csproj)
    start_suite "$name" "$(dirname "$project")/bin/Release/net10.0/$name" "$@" &
    running[$name]=$!
  done
  for name in "${!running[@]}"; do
    status=0
    wait "${running[$name]}" || status=$?
    finish_suite "$name" "$status"
  done

  # Once more the managed wrapper of the GPU search and the inspector on it, and runs at fixed addresses, on the emulated GPU; it says "not
  # built in" there too if the kernels' compiler is missing.
  name=ClipFusion.Tests
  LD_LIBRARY_PATH=$PWD/src/Native/obj/native/tests/emulated run_suite "$name-device" "tests/$name/bin/Release/net10.0/$name" \
    -class ClipFusion.Tests.Native.DeviceBankSetTests -class ClipFusion.Tests.Native.DeviceMemoryTests \
    -class ClipFusion.Tests.Inspection.DeviceSearchTests -class ClipFusion.Tests.OnnxInference.FixedBindingTests

  (( passed + failed > 0 )) || say "no test ran"
  (( skipped == 0 )) || say "$skipped skipped: what needs a GPU, or the emulated one on which it runs as well"
  echo "$passed passed, $failed failed"
  (( failed == 0 && passed > 0 ))
}

# ---------------------------------------------------------------- soak, demo, bench, publish

soak() {
  local part=${1:-all}
  case $part in
    all | appliance | brokers | fullsize) ;;
    *) fail "soak: '$part' is none of appliance, brokers, fullsize" 2 ;;
  esac
  [[ $part != all && $part != appliance ]] || soak_appliance
  [[ $part != all && $part != brokers ]] || soak_brokers
  [[ $part != all && $part != fullsize ]] || soak_fullsize
}

# RabbitMQ with its MQTT plugin, NATS and aedes. The packages' services are not wanted: the tests start brokers of their own, in temporary
# folders and on free ports.
need_brokers() {
  local name folder=artifacts/brokers
  local -a missing=()
  for name in rabbitmq-server nats-server; do is_installed "$name" || missing+=("$name"); done
  command -v npm >/dev/null || missing+=(npm)
  if (( ${#missing[@]} )); then
    say "missing: ${missing[*]} (brokers of the contract suite)"
    install
    if [[ -d /run/systemd/system ]]; then
      for name in rabbitmq-server nats-server; do
        [[ " ${missing[*]} " != *" $name "* ]] || systemctl disable --now "$name" 2>/dev/null ||
          say "$name: its service could not be stopped; the tests use other ports"
      done
    fi
  fi
  mkdir -p "$folder"
  cp tests/brokers/package.json tests/brokers/aedes.js "$folder/"
  [[ -d $folder/node_modules/aedes ]] || npm --prefix "$folder" install --no-audit --no-fund >&2 ||
    fail "aedes could not be fetched into $folder"
  export CLIPFUSION_AEDES=$PWD/$folder
}

# The contract with other people's brokers; ends with a dated block for docs/plc.md.
soak_brokers() {
  local suite=ClipFusion.ApplianceTests passed=0 failed=0 skipped=0
  local report=$PWD/artifacts/brokers-report.md
  need_brokers
  mkdir -p artifacts/test-logs
  dotnet build "tests/$suite" -c Release
  printf "%s, rabbitmq-server %s, nats-server %s, aedes %s:\\n" "$(date -u +%F)" \
    "$(dpkg-query -W -f '${Version}' rabbitmq-server)" "$(dpkg-query -W -f '${Version}' nats-server)" \
    "$(node -p "require('./artifacts/brokers/node_modules/aedes/package.json').version")" >"$report"
  CLIPFUSION_SOAK_REPORT=$report run_suite "$suite" "tests/$suite/bin/Release/net10.0/$suite" \
    -explicit only -trait kind=brokers -parallel none
  cat "$report"
  (( failed == 0 && passed > 0 )) || fail "soak: $failed failed"
}

# The running appliance; ends with a dated block for docs/performance.md.
soak_appliance() {
  local suite=ClipFusion.ApplianceTests passed=0 failed=0 skipped=0
  local report=$PWD/artifacts/soak-report.md
  say "the running appliance: 2,000 triggers with kills, then ${CLIPFUSION_SOAK_MINUTES:-30} minutes at full speed"
  mkdir -p artifacts/test-logs
  dotnet build "tests/$suite" -c Release
  printf "%s, %s, %s cores, \`./build.sh soak appliance\`:\\n" "$(date -u +%F)" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" >"$report"
  CLIPFUSION_SOAK_REPORT=$report run_suite "$suite" "tests/$suite/bin/Release/net10.0/$suite" -explicit only -trait kind=soak
  cat "$report"
  (( failed == 0 && passed > 0 )) || fail "soak: $failed failed"
}

soak_fullsize() {
  say "full-size networks with random weights: builds both packs, judges, pairs one batched query with naive passes" \
    "(20 GB of disk, 15 minutes on 2 cores)"
  local folder=artifacts/fullsize
  bench fullsize "$folder"
  rm -rf "$folder"
}

demo() {
  build_program
  # In place of this script, so that Ctrl-C and signals reach it alone.
  exec artifacts/bin/clipfusion demo "$@"
}

# The GPU kernels, and what their assembler says of registers and memory. One that spills registers does not compile.
cuda() {
  local log
  bash src/Native/cuda/fetch.sh
  build_native
  for log in src/Native/obj/cmake-linux-x64/cuda/sm_*.log; do
    printf '%s, %s bytes:\n' "$(basename "$log" .log)" "$(stat -c %s "${log%.log}")"
    sed -n "s/.*Compiling entry function '\([^']*\)'.*/  \1:/p; s/.*info *: Used /    /p; s/^ *\([0-9]* bytes stack.*\)/    \1/p" "$log"
    [[ $(grep -c '0 bytes spill stores, 0 bytes spill loads' "$log") == 3 ]] ||
      fail "$log: three kernels without spilled registers are expected"
  done
  tests/native-check.sh src/Native/artifacts/runtimes/linux-x64/native/libclipfusion_native.so x86-64
}

bench() { dotnet run -c Release --project tests/ClipFusion.Benchmarks -- "$@"; }

publish() {
  local version runtime folder
  [[ $# == 0 || $* == --check ]] || fail "publish: unknown argument '$*'; --check is the only one" 2
  need_arm_compiler
  version=$(dotnet msbuild src/Cli -getProperty:Version)
  for runtime in "${runtimes[@]}"; do
    folder=artifacts/clipfusion-$version-$runtime
    rm -rf "$folder"
    dotnet publish src/Cli -c Release -p:PublishRuntime="$runtime" -o "$folder"
    # The folder is what lies in /opt/clipfusion later.
    command install -m 755 systemd/install.sh "$folder/install.sh"
    command install -m 644 systemd/clipfusion.service "$folder/clipfusion.service"
    command install -m 644 config/clipfusion.json config/clipfusion.schema.json config/example.recipe.json "$folder/config/"
    cp -r docs "$folder/docs"
    command install -m 644 LICENSE THIRD-PARTY-NOTICES.md "$folder/"
    /usr/bin/python3 tools/third-party/notices.py texts "$folder/licenses"
    /usr/bin/python3 tools/third-party/notices.py sbom "$version" "$runtime" >"$folder/sbom.cdx.json"
    tar -C artifacts --owner=0 --group=0 -czf "$folder.tar.gz" "$(basename "$folder")"
    say "$folder.tar.gz"
  done
  [[ ${1:-} != --check ]] || tests/publish-check.sh artifacts/clipfusion-"$version"-linux-{x64,arm64}.tar.gz
}

# ---------------------------------------------------------------- main

(( $# )) || { usage; exit 2; }
verb=$1
shift
case $verb in
  setup) setup ;;
  build) setup; build ;;
  test)
    setup
    if [[ ${1:-} == quick ]]; then test_quick "${@:2}"; else test_all "$@"; fi
    ;;
  format) setup; format "$@" ;;
  soak) setup; soak "$@" ;;
  cuda) setup; cuda ;;
  demo) setup; demo "$@" ;;
  bench) setup; bench "$@" ;;
  publish) setup; publish "$@" ;;
  -h | --help | help) usage ;;
  *) usage; fail "unknown verb '$verb'" 2 ;;
esac
