#!/usr/bin/env bash
# Makes the tables of docs/paper.md anew from the records in results/reference: in each block between a line
# `<!-- bench report FILE … -->` and the next `<!-- end -->` stands what that command prints.
# usage: scripts/paper.sh PATH/TO/bench
set -eu
bench=$(realpath "$1")
cd "$(dirname "$0")/.."
page=docs/paper.md
trap 'rm -f "$page.new"' EXIT
inside=
while IFS= read -r line; do
    case $line in
    '<!-- bench report '*' -->')
        command=${line#'<!-- bench '}
        printf '%s\n\n' "$line"
        # The command's words, split at blanks.
        # shellcheck disable=SC2086
        "$bench" ${command%' -->'}
        inside=1
        ;;
    '<!-- end -->')
        printf '%s\n' "$line"
        inside=
        ;;
    *) [ -n "$inside" ] || printf '%s\n' "$line" ;;
    esac
done <"$page" >"$page.new"
mv "$page.new" "$page"
