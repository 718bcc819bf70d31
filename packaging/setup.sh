#!/usr/bin/env bash
# Make this checkout runnable: Debian packages, .venv, pinned Python packages, the project itself.
#
#   packaging/setup.sh              (or: make setup)
#   PYTHON=/path/to/python3.12 packaging/setup.sh     choose the interpreter of a new .venv
#   JIAOHAO_SKIP_DEBIAN=1 packaging/setup.sh          the system libraries are somebody else's job
#
# Safe to run again at any time: each step is skipped when its inputs have not changed, and when
# nothing has changed no network is used. Exit status: 0 ready, 1 a step failed (the last lines
# say which, and what to do).
set -euo pipefail

# The same behaviour whatever the language of the person who runs it.
export LC_ALL=C.UTF-8 PYTHONUTF8=1
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly VENV=.venv
readonly STAMPS=$VENV/.stamps
readonly DEBIAN_LIST=packaging/debian-packages.txt
readonly PINNED=packaging/requirements/dev.txt
readonly NEEDED_MODULES="ctypes, ensurepip, sqlite3, ssl, venv, zlib"

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf '\nsetup: FAILED: %s\n' "$1" >&2
  shift
  if (($#)); then printf '       %s\n' "$@" >&2; fi
  exit 1
}

# --- stamps: a step is done when the stamp holds the hash of what the step was made from ---------

hash_of() { cat -- "$@" | sha256sum | cut -d' ' -f1; }
is_done() { [[ -f $STAMPS/$1 && $(<"$STAMPS/$1") == "$2" ]]; }
mark_done() {
  mkdir -p "$STAMPS"
  printf '%s\n' "$2" >"$STAMPS/$1"
}

# --- Debian packages -----------------------------------------------------------------------------

wanted_packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$DEBIAN_LIST"; }

# Names that dpkg has installed, with the names that those provide (Debian 13 renamed some
# libraries to *t64 and lets them provide the old name).
present_packages() {
  dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' 2>/dev/null |
    sed -n 's/^installed //p' | sed -e 's/([^)]*)//g' | tr -d ' ' | tr ',' '\n' | sed '/^$/d'
}

missing_packages() {
  comm -23 <(wanted_packages | sort -u) <(present_packages | sort -u)
}

# Debian starts a broker and a database server of its own as soon as the packages are there. The hall
# brings its own broker, and the tests their own database servers, so those must not run on. Called
# only for what this script has just installed: what a host already had is not ours to stop.
silence_debian_service() {
  local name=$1
  local -a as_root=("${@:2}")
  if [[ -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl disable --now "$name.service" >/dev/null 2>&1 9>&- ||
      say "note: could not disable Debian's own $name.service"
  elif [[ -x /etc/init.d/$name ]]; then
    "${as_root[@]}" "/etc/init.d/$name" stop >/dev/null 2>&1 9>&- || true
    "${as_root[@]}" update-rc.d "$name" disable >/dev/null 2>&1 || true
  fi
}

install_debian_packages() {
  if [[ -n ${JIAOHAO_SKIP_DEBIAN:-} ]]; then
    say "Debian packages: not looked at (JIAOHAO_SKIP_DEBIAN is set)"
    return
  fi
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || fail \
    "this is not a Debian system, so the system libraries cannot be checked" \
    "install the equivalents of $DEBIAN_LIST, then run: JIAOHAO_SKIP_DEBIAN=1 make setup"

  local -a missing as_root
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "Debian packages: all installed"
    return
  fi
  if ((EUID == 0)); then
    as_root=(env)
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
  else
    fail "Debian packages are missing, and this account may not install them" \
      "run this, then try again:" \
      "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
  fi
  as_root+=(DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8)

  local had_postgresql=
  if present_packages | grep -x postgresql-common >/dev/null; then had_postgresql=yes; fi
  say "Debian packages: installing ${missing[*]}"
  local -a apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  "${as_root[@]}" "${apt[@]}" -qq update </dev/null 9>&- ||
    say "note: apt-get update failed; going on with the package lists that are here"
  "${as_root[@]}" "${apt[@]}" -y -q install --no-install-recommends "${missing[@]}" \
    </dev/null 9>&- ||
    fail "apt-get could not install: ${missing[*]}" \
      "its own message is above; a second 'make setup' goes on from here"
  if [[ " ${missing[*]} " == *" mosquitto "* ]]; then
    silence_debian_service mosquitto "${as_root[@]}"
  fi
  if [[ " ${missing[*]} " == *" postgresql "* && -z $had_postgresql ]]; then
    silence_debian_service postgresql "${as_root[@]}"
  fi
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) || fail "apt-get said it was done, but these are missing: ${missing[*]}"
}

# --- Python --------------------------------------------------------------------------------------

is_usable_python() {
  "$1" -c "import sys, $NEEDED_MODULES; sys.exit(sys.version_info < (3, 11))" \
    >/dev/null 2>&1 </dev/null
}

# A name on PATH may be a version manager's shim that leads nowhere, or an interpreter that was
# built without sqlite3 or ssl: so each candidate is run, and Debian's own comes last.
find_python() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    is_usable_python "$PYTHON" || return 1
    printf '%s\n' "$PYTHON"
    return
  fi
  for candidate in python3.11 python3 /usr/bin/python3.11 /usr/bin/python3 \
    python3.12 python3.13 python3.14; do
    if is_usable_python "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

make_venv() {
  # The scripts in .venv/bin name their interpreter by its full path: a checkout that was moved or
  # copied, or whose Python was removed, needs a new environment.
  local here reason=""
  here=$(pwd -P)
  if [[ -e $VENV ]]; then
    if ! "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      reason="its Python does not run"
    elif [[ -f $STAMPS/place && $(<"$STAMPS/place") != "$here" ]]; then
      reason="it was made in $(<"$STAMPS/place")"
    elif ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
      reason="it has no pip"
    fi
    if [[ -z $reason ]]; then
      say "virtual environment: $VENV ($("$VENV/bin/python" -V))"
      mark_done place "$here"
      return
    fi
    say "virtual environment: making $VENV anew, $reason"
    rm -rf -- "$VENV"
  fi

  local python
  python=$(find_python) || fail \
    "no usable Python 3.11 or newer ${PYTHON:+at $PYTHON }(needs $NEEDED_MODULES)" \
    "on Debian: sudo apt-get install python3 python3-venv;" \
    "elsewhere: PYTHON=/path/to/python3.11 make setup"
  say "virtual environment: making $VENV with $("$python" -V), $("$python" -c \
    'import sys; print(sys.executable)')"
  "$python" -m venv "$VENV" || {
    rm -rf -- "$VENV"
    fail "python -m venv did not work; its own message is above"
  }
  mark_done place "$here"
}

pip_install() {
  # A person's own `user = true` would make pip refuse inside a virtual environment.
  PIP_USER=0 "$VENV/bin/python" -m pip --no-input --disable-pip-version-check install "$@" </dev/null
}

install_python_packages() {
  local key
  key=$(hash_of "$PINNED")
  if is_done packages "$key"; then
    say "Python packages: as pinned"
    return
  fi
  say "Python packages: installing what $PINNED pins (some 230 MB to download)"
  # Wheels only: nothing is compiled, so no compiler and no header files are needed.
  if ! pip_install --progress-bar off --require-hashes --only-binary :all: -r "$PINNED"; then
    local hint="its own message is above; a second 'make setup' goes on from here"
    # PySide6's aarch64 wheels ask for glibc 2.39 since 6.8.1.
    if [[ $(uname -m) == aarch64 ]] && is_glibc_older_than 2.39; then
      hint="on 64-bit ARM, PySide6 needs glibc 2.39: Debian 13 or newer"
    fi
    fail "pip could not install the pinned packages" "$hint"
  fi
  mark_done packages "$key"
}

is_glibc_older_than() {
  local have
  have=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
  [[ -n $have && $have != "$1" && $(printf '%s\n' "$have" "$1" | sort -V | head -n 1) == "$have" ]]
}

install_project() {
  local key
  key=$(hash_of pyproject.toml)
  if is_done project "$key" && [[ -x $VENV/bin/jiaohao ]]; then
    say "project: installed"
    return
  fi
  say "project: installing in place"
  local log
  if ! log=$(pip_install --no-deps --no-build-isolation --editable . 2>&1); then
    printf '%s\n' "$log" >&2
    fail "pip could not install the project itself; its own message is above"
  fi
  [[ -x $VENV/bin/jiaohao ]] || fail "the console script $VENV/bin/jiaohao was not made"
  mark_done project "$key"
}

# One set-up at a time in one checkout; the lock goes with the process (and is therefore closed for
# apt-get, whose packages may start daemons).
exec 9<packaging/setup.sh
flock 9

install_debian_packages
make_venv
install_python_packages
install_project
say "ready"
