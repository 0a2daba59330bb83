# Sourced by demo/run and tests/run: what has to be there before pymemtop can be built and run. Every
# step looks first whether it was done already, so that the second time is quick. Nothing outside the
# checkout is touched but Debian packages.
#
# The caller has set `top`, the root of the checkout, and runs under `set -eu`.

build_packages="gcc libc6-dev make autoconf automake autoconf-archive pkg-config libuv1-dev
    libmicrohttpd-dev libjansson-dev libncurses-dev python3 python3-dev python3-venv"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
fail() {
    say "$1"
    exit "${2:-1}"
}

# missing_packages NAME... : those that are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) in
        ii*) ;;
        *) printf '%s ' "$name" ;;
        esac
    done
}

# need_packages NAME... : install what is missing; 1 where that cannot be done.
need_packages() {
    local missing root_command=
    command -v dpkg-query >/dev/null || fail "this script installs Debian packages, and this is not Debian; see README.md for what is needed"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || root_command=sudo
    [ -z "$root_command" ] || command -v sudo >/dev/null || {
        say "these packages are missing: $missing"
        say "run this as root, or install them: apt-get install $missing"
        return 1
    }
    say "installing Debian packages: $missing"
    # shellcheck disable=SC2086
    if ! { $root_command apt-get update -q && DEBIAN_FRONTEND=noninteractive $root_command \
        apt-get install -q -y --no-install-recommends $missing; } >"$top/.state/apt.log" 2>&1; then
        tail -n 3 "$top/.state/apt.log" >&2
        say "the package registry could not be reached, or refused; the log is .state/apt.log"
        return 1
    fi
}

# need_venv DIR REQUIREMENTS-FILE : a virtual environment with those packages; 1 where that cannot be.
need_venv() {
    local folder=$1 wanted=$2 stamp="$1/.pymemtop-requirements"
    if cmp -s "$wanted" "$stamp" && "$folder/bin/python" -c '' 2>/dev/null; then
        return 0
    fi
    say "making the virtual environment ${folder#"$top"/}"
    rm -rf "$folder"
    if ! { /usr/bin/python3 -m venv "$folder" && "$folder/bin/python" -m pip install -q \
        --disable-pip-version-check -r "$wanted"; } >"$top/.state/pip.log" 2>&1; then
        tail -n 3 "$top/.state/pip.log" >&2
        say "the Python packages could not be installed; the log is .state/pip.log"
        rm -rf "$folder"
        return 1
    fi
    cp "$wanted" "$stamp"
}

# Run a step quietly; its output is shown where it fails.
logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        fail "failed: $* (the log is ${log#"$top"/})"
    }
}

# build DIR CONFIGURE-ARGUMENT... : configure and make out of tree.
build() {
    local folder=$1
    shift
    if [ ! -e "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
        say "making configure"
        (cd "$top" && logged "$top/.state/autoreconf.log" autoreconf -i)
    fi
    mkdir -p "$folder"
    if [ ! -e "$folder/Makefile" ] || [ "$(cat "$folder/.arguments" 2>/dev/null)" != "$*" ]; then
        say "configuring ${folder#"$top"/} $*"
        (cd "$folder" && logged "$folder/configure.log" "$top/configure" "$@")
        printf '%s\n' "$*" >"$folder/.arguments"
    fi
    make -C "$folder" -q all-am >/dev/null 2>&1 || say "building ${folder#"$top"/}"
    logged "$folder/make.log" make -C "$folder" -j"$(nproc)" all
}

mkdir -p "$top/.state"
