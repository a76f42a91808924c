#!/usr/bin/env bash
# The installed manual page: no warning of groff's, and every command in it.
source "$(dirname "$0")/outside.sh"
command -v groff >/dev/null || exit 77
page=$prefix/share/man/man1/aviary.1

expect 0 groff -man -ww -Tutf8 -P-cbou -rLL=80n "$page"
[ ! -s err ] || fail "$(cat err)"
cp out text
commands=$("$aviary" --help | sed -n '/^Commands:$/,/^$/p' | sed -nE 's/^  ([a-z-]+) .*/\1/p')
[ -n "$commands" ] || fail "no commands"
for command in $commands; do grep -qE "^ +aviary $command( |\$)" text || fail "aviary $command is missing in $page"; done
expect_text text '--weights FILE'
expect_text text 'EXIT STATUS'
