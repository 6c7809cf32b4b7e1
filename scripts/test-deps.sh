#!/usr/bin/env bash
# Tests scripts/deps.sh on machines that are made up: a PATH of its own holds nothing but stand-ins for the commands
# that it calls. State is kept in files: `installed` lists the packages, `calls` what was run.
set -eu

script=$(cd "$(dirname "$0")" && pwd)/deps.sh
bash=$(command -v bash)
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
failures=0
all="libpapi-dev zlib1g-dev libstdc++-12-dev libsqlite3-0 libcurl4 libncurses6 libxml2 dataset-fashion-mnist"

command_is() { # name, body
    printf '#!%s\n%s\n' "$bash" "$2" >"$machine/bin/$1"
    chmod +x "$machine/bin/$1"
}

# A machine of user $1 (0 is root) with the packages $2 and Swift 6.3.
new_machine() {
    rm -rf "${machine:?}/bin"
    mkdir "$machine/bin"
    : >"$machine/calls"
    printf '%s\n' $2 >"$machine/installed"
    command_is id "echo $1"
    command_is swift 'echo "Swift version 6.3.1 (swift-6.3.1-RELEASE)"'
    # Like the real one: a line for each match, an error if there is none.
    command_is dpkg-query '
        status=1
        while read -r package; do
            [[ $package != ${@: -1} ]] || { echo installed; status=0; }
        done <'"$machine/installed"'
        [[ zlib1g-dev != ${@: -1} ]] || { echo not-installed; status=0; }
        exit $status'
    command_is env 'while [[ $1 == *=* ]]; do shift; done; exec "$@"'
    command_is apt-get '
        echo "apt-get $*" >>'"$machine/calls"'
        install=no
        for word; do
            [ $install = no ] || [[ $word == -* ]] || echo "${word/#g++/libstdc++-12-dev}" >>'"$machine/installed"'
            [ "$word" != install ] || install=yes
        done'
}

# Runs deps.sh; $status, $output.
run() {
    status=0
    output=$(PATH="$machine/bin" BENCH_DATASETS="${datasets:-}" "$bash" "$script" 2>&1 </dev/null) || status=$?
}

expect() { # what, wanted status, then texts: in the output, or not in it with a leading '!'
    local what=$1 wanted=$2 text good=yes
    shift 2
    [ "$status" = "$wanted" ] || good=no
    for text; do
        case $text in
        '!'*) [[ $output != *"${text#!}"* ]] || good=no ;;
        *) [[ $output == *"$text"* ]] || good=no ;;
        esac
    done
    report "$what" $good
}

expect_calls() { # what, wanted number of calls of apt-get
    [ "$(wc -l <"$machine/calls")" = "$2" ] && report "$1" yes || report "$1" no
}

report() {
    if [ "$2" = yes ]; then
        echo "ok: $1"
    else
        echo "FAILED: $1 (status $status)"
        sed 's/^/    /' <<<"$output"
        failures=$((failures + 1))
    fi
}

without() { sed "s/$1//" <<<"$all"; }
install="apt-get update && apt-get install -y --no-install-recommends"

new_machine 1000 "$all"
run && expect "all there: silent" 0
[ -z "$output" ] && expect_calls "all there: apt-get not called" 0 || report "all there: nothing printed" no

new_machine 1000 "$(without libpapi-dev)"
run && expect "no root, no sudo: prints the command" 1 \
    "sudo apt-get update && sudo apt-get install -y --no-install-recommends libpapi-dev"
expect_calls "no root, no sudo: apt-get not called" 0

new_machine 0 ""
run && expect "bare machine, root: installs" 0 \
    "installing libpapi-dev zlib1g-dev g++ libsqlite3-0 libcurl4 libncurses6 libxml2 dataset-fashion-mnist"
expect_calls "bare machine, root: one update, one install" 2
run && expect "second time: nothing left to do" 0 "!installing"
expect_calls "second time: apt-get not called again" 2

new_machine 0 "$(without dataset-fashion-mnist)"
command_is apt-get 'exit 100'
run && expect "apt-get fails: prints the command" 1 "    $install dataset-fashion-mnist" "!sudo"

new_machine 0 "$(without zlib1g-dev)"
command_is apt-get 'exit 0'
run && expect "apt-get claims success: looked after" 1 "apt-get left out zlib1g-dev"

new_machine 0 "$(without zlib1g-dev)"
sed -i '2i [[ $* != *update* ]] || exit 100' "$machine/bin/apt-get"
run && expect "update fails, install works" 0 "apt-get update failed"

new_machine 0 "$(without zlib1g-dev)"
rm "$machine/bin/apt-get"
run && expect "no apt-get: prints the command" 1 "there is no apt-get here" "$install zlib1g-dev"

new_machine 1000 "$(without 'libstdc++-12-dev')"
command_is sudo '[ "$1" = -n ] && shift && echo "sudo" >>'"$machine/calls"' && exec "$@"'
run && expect "sudo: installs" 0 "installing g++"
expect_calls "sudo: for every call of apt-get" 4

new_machine 1000 "$(without libcurl4)"
command_is sudo 'echo "sudo: a password is required" >&2; exit 1'
run && expect "sudo refuses: prints the command" 1 "sudo apt-get install -y --no-install-recommends libcurl4"

new_machine 1000 "$(without dataset-fashion-mnist)"
datasets=/elsewhere run && expect "BENCH_DATASETS stands in for the package" 0

new_machine 0 "$all"
rm "$machine/bin/dpkg-query"
run && expect "no Debian" 1 "this is no Debian system" "DEPS="

new_machine 0 "$(without zlib1g-dev)"
rm "$machine/bin/swift"
run && expect "no swift" 1 "swift not found" "6.2 or later"
expect_calls "no swift: nothing is installed" 0

for version in 5.10 6.1.3 6.2 6.10 7.0; do
    new_machine 0 "$all"
    command_is swift "echo 'Swift version $version (swift-$version-RELEASE)'"
    run
    case $version in
    5.10 | 6.1.3) expect "swift $version" 1 "too old" "6.2 or later" ;;
    *) expect "swift $version" 0 ;;
    esac
done

new_machine 0 "$all"
command_is swift 'echo "error while loading shared libraries: libx.so.1"; exit 127'
run && expect "swift does not start" 1 "swift does not start" "libx.so.1"

if [ "$failures" != 0 ]; then
    echo "deps.sh: $failures tests failed"
    exit 1
fi
echo "deps.sh: all tests passed"
