#!/usr/bin/env bash
# Installs, upgrades and removes the appliance. It lies beside the program, in the unpacked tarball and in /opt/clipfusion.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: install.sh [--root DIR]              install, or upgrade what is installed
       install.sh --uninstall [--root DIR]  remove the program; configuration and data stay

  --root DIR  install into the file system tree DIR, such as an image; needs no root user, makes no user and starts nothing

  /opt/clipfusion      program, documents, this script     replaced by an upgrade
  /etc/clipfusion      clipfusion.json                     kept
  /var/lib/clipfusion  database, recipes, images, pack     kept

  Needs GTK 3 (Debian, Ubuntu: libgtk-3-0); looks for it before anything is changed. Installs completion for bash and zsh.
TEXT
}

say() { printf 'install.sh: %s\n' "$*" >&2; }
fail() { say "$1"; exit "${2:-1}"; }

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
readonly here user=clipfusion
action=install
root=

while (( $# )); do
  case $1 in
    --root)
      (( $# >= 2 )) || fail "--root needs a folder" 2
      [[ -d $2 ]] || fail "--root: '$2' is not a folder; make it first" 2
      root=$(cd -- "$2" && pwd)
      [[ $root != / ]] || root=
      shift 2
      ;;
    --uninstall) action=uninstall; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown argument '$1'" 2 ;;
  esac
done

readonly program=$root/opt/clipfusion config=$root/etc/clipfusion data=$root/var/lib/clipfusion
readonly bash_completion=$root/usr/share/bash-completion/completions/clipfusion
readonly zsh_completion=$root/usr/share/zsh/vendor-completions/_clipfusion
readonly unit=$root/etc/systemd/system/clipfusion.service link=$root/usr/local/bin/clipfusion
# Makes the user at the first boot of an image.
readonly sysusers=$root/usr/lib/sysusers.d/clipfusion.conf

is_live() { [[ -z $root ]]; }
has_systemd() { is_live && [[ -d /run/systemd/system ]]; }

check_rights() {
  is_live || return 0
  (( EUID == 0 )) || fail "needs root: sudo $0 (or --root DIR to install into a folder)"
}

machine_name() {
  # Bytes 18 and 19 of an ELF file.
  case $(od -An -tx1 -j18 -N2 "$1" | tr -d ' \n') in
    3e00) echo x86_64 ;;
    b700) echo aarch64 ;;
    *) echo unknown ;;
  esac
}

check_machine() {
  local built
  [[ -x $here/clipfusion ]] || fail "$here/clipfusion is missing: run the install.sh of an unpacked tarball"
  [[ $here != "$program" ]] || fail "this is the installed program itself: run the install.sh of a newly unpacked tarball to upgrade"
  is_live || return 0
  built=$(machine_name "$here/clipfusion")
  [[ $built == "$(uname -m)" ]] || fail "this tarball is for $built, and this machine is $(uname -m)"
}

# OpenCV's native part is linked against GTK 3, which no tarball can bring along.
check_libraries() {
  is_live || { say "note: the machine that runs this needs GTK 3 (Debian, Ubuntu: libgtk-3-0)"; return 0; }
  # No pipe into grep -q: with pipefail an early end of grep would look like a failure.
  local known
  known=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null || true)
  [[ $known == *libgtk-3.so.0* ]] || fail "GTK 3 is missing, which the image codecs need; install it first:
  apt-get install --no-install-recommends libgtk-3-0      (Debian 13, Ubuntu 24.04 and later: libgtk-3-0t64)"
}

make_user() {
  install -d -m 755 "$(dirname "$sysusers")"
  printf 'u %s - "ClipFusion" /var/lib/clipfusion\n' "$user" >"$sysusers"
  is_live || return 0
  id -u "$user" >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir /var/lib/clipfusion --no-create-home --shell /usr/sbin/nologin "$user"
  # Cameras and GPUs, as far as this machine knows them.
  local group
  for group in video render plugdev; do
    ! getent group "$group" >/dev/null || usermod -aG "$group" "$user"
  done
}

install_program() {
  # Beside the old one and then in its place: a copy that breaks off leaves what is installed as it was.
  local next=$program.next
  rm -rf "$next"
  install -d -m 755 "$(dirname "$program")"
  cp -r --no-preserve=ownership "$here" "$next"
  chmod -R u=rwX,go=rX "$next"
  rm -rf "$program.old"
  [[ ! -e $program ]] || mv "$program" "$program.old"
  mv "$next" "$program"
  rm -rf "$program.old"
  install -d -m 755 "$(dirname "$link")"
  ln -sfn /opt/clipfusion/clipfusion "$link"
}

# Made by the program itself; in an image for another processor they are left out, and "clipfusion completion" makes them later.
install_completion() {
  local script
  if script=$("$program/clipfusion" completion bash 2>/dev/null); then
    install -d -m 755 "$(dirname "$bash_completion")"
    printf '%s\n' "$script" >"$bash_completion"
  fi
  if script=$("$program/clipfusion" completion zsh 2>/dev/null); then
    install -d -m 755 "$(dirname "$zsh_completion")"
    printf '%s\n' "$script" >"$zsh_completion"
  fi
}

install_config() {
  install -d -m 755 "$config"
  install -m 644 "$here/config/clipfusion.schema.json" "$config/clipfusion.schema.json"
  if [[ -e $config/clipfusion.json ]]; then
    say "kept: $config/clipfusion.json (the present example is $program/config/clipfusion.json)"
  else
    install -m 644 "$here/config/clipfusion.json" "$config/clipfusion.json"
  fi
}

install_data() {
  if is_live; then
    install -d -m 750 -o "$user" -g "$user" "$data" "$data/recipes"
  else
    # systemd gives it to the user at the first start (StateDirectory=).
    install -d -m 750 "$data" "$data/recipes"
  fi
}

install_unit() {
  install -d -m 755 "$(dirname "$unit")"
  install -m 644 "$here/clipfusion.service" "$unit"
  ! has_systemd || systemctl daemon-reload
}

do_install() {
  check_rights
  check_machine
  check_libraries
  local was_active=false
  ! { has_systemd && systemctl is-active --quiet clipfusion; } || was_active=true
  make_user
  install_program
  install_completion
  install_config
  install_data
  install_unit
  if $was_active; then
    systemctl restart clipfusion || fail "the new version does not start: systemctl status clipfusion"
    say "upgraded and restarted"
  else
    say "installed. Next: edit $config/clipfusion.json, put a model pack where it says, then
  clipfusion config check && clipfusion models verify PACK && systemctl enable --now clipfusion"
  fi
}

do_uninstall() {
  check_rights
  [[ -e $program || -e $unit ]] || fail "nothing is installed in ${root:-/}"
  ! has_systemd || systemctl disable --now clipfusion >/dev/null 2>&1 || true
  rm -f "$unit" "$sysusers" "$link" "$bash_completion" "$zsh_completion"
  rm -rf "$program" "$program.next" "$program.old"
  ! has_systemd || systemctl daemon-reload
  say "removed. Kept: $config, $data and the user $user"
}

"do_$action"
