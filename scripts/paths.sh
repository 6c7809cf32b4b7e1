#!/usr/bin/env bash
# Runs suites on one instruction set after the other: `make paths`. Each run measures the ceilings of its own set, so that
# "% ceiling" says how good the kernels of that set are. A set that this processor lacks is skipped, with the reason.
# Usage: scripts/paths.sh BENCH RESULTS SUITE…
set -eu

bench=$1
results=$2
shift 2

for set in avx2 avxvnni avx512vnni; do
    if ! said=$("$bench" run "$1" --isa "$set" --dry-run 2>&1 >/dev/null); then
        case $said in
        *"this processor cannot run"*)
            printf '\n== %s skipped: %s\n' "$set" "${said#bench: }"
            continue
            ;;
        esac
        printf '%s\n' "$said" >&2
        exit 2
    fi
    for suite in "$@"; do
        printf '\n== %s on %s\n' "$suite" "$set"
        "$bench" run "$suite" --isa "$set" --output "$results/$set"
    done
done
