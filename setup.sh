#!/bin/sh
# setup.sh demo [ARGS...] | test [ARGS...]
#
# On a fresh Debian or Ubuntu (x86-64): installs what is missing, then runs `deno task demo` or `deno task test`.
#   Deno              by its own installer, or through npm if only npm is reachable
#   a Vulkan driver   Mesa's software driver, through apt, only if no adapter is found
# It may be run again at any time; existing installations are left alone.
set -eu

case "${1:-}" in
demo | test) ;;
*)
  echo "usage: sh setup.sh demo|test" >&2
  exit 2
  ;;
esac
cd "$(dirname -- "$0")"

say() { echo "setup: $*" >&2; }

# Runs a command as root, if possible.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    say "cannot install without root: run as root: $*"
    exit 1
  fi
}

# apt_install PACKAGE...
apt_install() {
  command -v apt-get >/dev/null 2>&1 || {
    say "cannot install $*: there is no apt-get; install it by hand"
    exit 1
  }
  say "installing $* through apt"
  as_root apt-get update -qq >/dev/null || true
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null || {
    say "cannot install $* through apt"
    exit 1
  }
}

# The official installer, into ~/.deno.
install_deno_script() {
  missing=
  command -v curl >/dev/null 2>&1 || missing="curl ca-certificates"
  command -v unzip >/dev/null 2>&1 || missing="$missing unzip"
  # shellcheck disable=SC2086
  [ -z "$missing" ] || apt_install $missing
  script=$(curl -fsSL --max-time 60 https://deno.land/install.sh 2>/dev/null) ||
    return 1
  printf '%s\n' "$script" | sh -s -- -y --no-modify-path >/dev/null 2>&1
}

# The npm package, into ~/.deno too, so that no root is needed.
install_deno_npm() {
  command -v npm >/dev/null 2>&1 || apt_install npm
  npm install --silent --no-fund --no-audit --global --prefix "$DENO_INSTALL" \
    deno >/dev/null
}

export DENO_INSTALL="${DENO_INSTALL:-$HOME/.deno}"
PATH=$PATH:$DENO_INSTALL/bin
if ! command -v deno >/dev/null 2>&1; then
  say "installing Deno into $DENO_INSTALL"
  install_deno_script || install_deno_npm || {
    say "cannot install Deno: see https://docs.deno.com for other ways"
    exit 1
  }
fi

# Mesa's drivers print an error if this is not set, as on servers.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  XDG_RUNTIME_DIR=$(mktemp -d)
  export XDG_RUNTIME_DIR
  trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
fi

has_adapter() {
  deno eval --no-config --quiet \
    'Deno.exit(await navigator.gpu.requestAdapter() ? 0 : 1)' 2>/dev/null
}

if ! has_adapter; then
  apt_install mesa-vulkan-drivers
  has_adapter || {
    say "no WebGPU adapter, even with Mesa's software driver"
    exit 1
  }
fi

task=$1
shift
deno task --quiet "$task" "$@"
