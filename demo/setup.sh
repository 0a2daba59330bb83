# Sourced by demo/run, tests/run and tests/bench/run: what has to be there before pymemtop can be
# built and run. Every step looks first whether it was done already, so that the second time is quick.
# Nothing outside the checkout is touched but Debian packages: logs, downloads and environments are
# in .state.
#
# The caller has set `top`, the root of the checkout, and runs under `set -eu`. The functions say what
# failed and return 1; none of them counts on `set -e`, which is off where the caller asks for a status.

build_packages="gcc libc6-dev make autoconf automake autoconf-archive pkg-config libuv1-dev
    libmicrohttpd-dev libjansson-dev libncurses-dev libpcre2-dev libsqlite3-dev libcsv-dev
    libyajl-dev python3 python3-dev python3-venv"

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
    command -v dpkg-query >/dev/null ||
        fail "this script installs Debian packages, and this is not Debian; see README.md for what is needed"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || root_command=sudo
    [ -z "$root_command" ] || command -v sudo >/dev/null || {
        say "these packages are missing: $missing"
        say "run this as root, or install them: apt-get install $missing"
        return 1
    }
    say "installing Debian packages: $missing"
    # sudo drops the environment, so the variable is set behind it.
    # shellcheck disable=SC2086
    if ! { $root_command apt-get update -q && $root_command env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing; } >"$top/.state/apt.log" 2>&1; then
        tail -n 3 "$top/.state/apt.log" >&2
        say "the package registry could not be reached, or refused; the log is .state/apt.log"
        return 1
    fi
}

# need_venv DIR REQUIREMENTS-FILE [INTERPRETER] : a virtual environment with those packages; 1 where
# that cannot be.
need_venv() {
    local folder=$1 wanted=$2 interpreter=${3:-/usr/bin/python3} stamp="$1/.pymemtop-requirements"
    if cmp -s "$wanted" "$stamp" && "$folder/bin/python" -c '' 2>/dev/null; then
        return 0
    fi
    say "making the virtual environment ${folder#"$top"/}"
    rm -rf "$folder"
    if ! { "$interpreter" -m venv "$folder" && PIP_CACHE_DIR=$top/.state/pip \
        "$folder/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted"; } \
        >"$top/.state/pip.log" 2>&1; then
        tail -n 3 "$top/.state/pip.log" >&2
        say "the Python packages could not be installed: their registry could not be reached, or" \
            "does not have them; the log is .state/pip.log"
        rm -rf "$folder"
        return 1
    fi
    cp "$wanted" "$stamp"
}

# logged LOG COMMAND... : run it quietly; the end of its output is shown where it fails.
logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        say "failed: $* (the log is ${log#"$top"/})"
        return 1
    }
}

# build DIR CONFIGURE-ARGUMENT... : configure and make out of tree. Where no argument is given, a
# folder that is configured stays as it is, so that demo/run and tests/run can take turns.
build() {
    local folder=$1 setting
    shift
    if [ ! -e "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
        say "making configure"
        (cd "$top" && logged "$top/.state/autoreconf.log" autoreconf -i) || return 1
    fi
    # What was configured where the checkout was before, names files that are not there any more.
    if [ -e "$folder/.place" ] && [ "$(cat "$folder/.place")" != "$folder" ]; then
        say "${folder#"$top"/} was configured elsewhere; beginning anew"
        rm -rf "$folder"
    fi
    mkdir -p "$folder"
    # configure looks for these, and would not do it again when they have come since.
    setting="$* $(type -P clang-format clang-tidy | tr '\n' ' ')$(! pkg-config --exists cmocka || echo cmocka)"
    if [ ! -e "$folder/Makefile" ] ||
        { [ $# -gt 0 ] && [ "$(cat "$folder/.setting" 2>/dev/null)" != "$setting" ]; }; then
        say "configuring ${folder#"$top"/} $*"
        (cd "$folder" && logged "$folder/configure.log" "$top/configure" "$@") || return 1
        printf '%s\n' "$setting" >"$folder/.setting"
        printf '%s\n' "$folder" >"$folder/.place"
    fi
    say "building ${folder#"$top"/}"
    logged "$folder/make.log" make -C "$folder" -j"$(nproc)" all
}

mkdir -p "$top/.state"
