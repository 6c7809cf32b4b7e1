#!/usr/bin/env bash
# Makes the tables of docs/paper.md anew from the records in results/reference: in each block between a line
# `<!-- bench report FILE … -->` and the next `<!-- end -->` stands what that command prints, or nothing without that file.
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
        command=${command%' -->'}
        printf '%s\n' "$line"
        inside=1
        file=${command#report }
        if [ -e "${file%% *}" ]; then
            printf '\n'
            # The command's words, split at blanks.
            # shellcheck disable=SC2086
            "$bench" $command
        fi
        ;;
    '<!-- end -->')
        printf '%s\n' "$line"
        inside=
        ;;
    *) [ -n "$inside" ] || printf '%s\n' "$line" ;;
    esac
done <"$page" >"$page.new"
mv "$page.new" "$page"
