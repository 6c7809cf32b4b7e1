#!/usr/bin/env bash
# Makes sure that everything the project builds and runs with is on this machine: `make deps`.
# Does nothing, and needs no network, when all is there. Installs what is missing with apt, through sudo where needed;
# where it cannot, it prints the command to run and stops with status 1.
set -eu

# What must be installed: a pattern for dpkg-query, and the package to install when nothing matches it.
requirements=(
    "libpapi-dev          libpapi-dev"           # counters
    "zlib1g-dev           zlib1g-dev"            # datasets are packed
    "libstdc++-*-dev      g++"                   # headers and start files that Swift links with; brings libc6-dev
    "libsqlite3-0         libsqlite3-0"          # the Swift package manager itself is linked with these
    "libcurl4*            libcurl4"
    "libncurses6*         libncurses6"
    "libxml2*             libxml2"
)
# Another copy of the datasets, named in the environment, does as well.
[ -n "${BENCH_DATASETS:-}" ] || requirements+=("dataset-fashion-mnist dataset-fashion-mnist")

fail() {
    printf 'make deps: %s\n' "$@" >&2
    exit 1
}

# Packages without an installed match, in `missing`.
find_missing() {
    missing=()
    local requirement pattern package line found
    for requirement in "${requirements[@]}"; do
        read -r pattern package <<<"$requirement"
        found=no
        while read -r line; do
            [ "$line" != installed ] || found=yes
        done < <(dpkg-query -W -f '${db:Status-Status}\n' "$pattern" 2>/dev/null || true)
        [ "$found" = yes ] || missing+=("$package")
    done
}

# Prints what to do by hand, with the reason why it was not done here.
by_hand() {
    local prefix=""
    [ "$(id -u)" = 0 ] || prefix="sudo "
    fail "$1; run this, then try again:" \
        "    ${prefix}apt-get update && ${prefix}apt-get install -y --no-install-recommends ${missing[*]}"
}

install_missing() {
    local as_root=()
    command -v apt-get >/dev/null || by_hand "missing: ${missing[*]}, and there is no apt-get here"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || by_hand "missing: ${missing[*]}, which only root can install (no sudo here)"
        # Without a terminal nobody can type a password.
        if [ -t 0 ]; then as_root=(sudo); else as_root=(sudo -n); fi
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get
        -o Acquire::http::Timeout=30 -o Acquire::Retries=1 -o DPkg::Lock::Timeout=60)
    printf 'make deps: installing %s\n' "${missing[*]}" >&2
    # A stale or unreachable source need not matter: whether the packages can be had shows next.
    "${apt[@]}" update -q >&2 || printf 'make deps: apt-get update failed, trying with the lists at hand\n' >&2
    "${apt[@]}" install -q -y --no-install-recommends "${missing[@]}" >&2 || by_hand "apt-get could not install ${missing[*]}"
    find_missing
    [ ${#missing[@]} = 0 ] || by_hand "apt-get left out ${missing[*]}"
}

check_swift() {
    local remedy="install Swift 6.2 or later (https://www.swift.org/install/linux/) and put it on the PATH"
    local text
    text=$(swift --version 2>&1) || fail "swift does not start; $remedy:" "    $text"
    [[ $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "cannot tell the version of swift; $remedy:" "    $text"
    local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    ((major > 6 || (major == 6 && minor >= 2))) || fail "swift is $major.$minor, too old; $remedy"
}

command -v swift >/dev/null ||
    fail "swift not found; install Swift 6.2 or later (https://www.swift.org/install/linux/) and put it on the PATH"
if command -v dpkg-query >/dev/null; then
    find_missing
    [ ${#missing[@]} = 0 ] || install_missing
else
    fail "this is no Debian system; install these by its own means and run make with DEPS=, which leaves this check out:" \
        "    the headers of libpapi, zlib and the C++ library, and Fashion-MNIST (see docs/datasets.md)"
fi
check_swift
