#!/usr/bin/env bash
# Every command's help: within 80 columns, with examples, and these work as they stand there.
source "$(dirname "$0")/outside.sh"
export PATH=$prefix/bin:$PATH HOME=$PWD
draw_pictures
mkdir -p .local/share/bash-completion/completions .zfunc .config/fish/completions

# Hours of training; what they name is checked by `recipe check`.
takes_long() { [[ $1 == 'aviary replay '*' --data '* || $1 == 'aviary sweep '* ]]; }

section() { sed -n "/^$1:\$/,/^\$/p" page | sed '1d; /^$/d'; }

look() {  # WORD...: a command
  expect 0 "$aviary" "$@" --help
  cp out page
  ! grep -E '.{81}' page || fail "wider than 80 columns: aviary $* --help"
  local each
  for each in $(section Commands | sed -nE 's/^  ([a-z-]+) .*/\1/p'); do (look "$@" "$each") || exit 1; done
  expect 0 "$aviary" "$@" --help
  cp out page
  grep -q '^Commands:' page && return
  [ -n "$(section Examples)" ] || fail "no example: aviary $* --help"
  while read -r each; do
    ! takes_long "$each" || continue
    [[ $each != 'aviary train '* && $each != 'aviary fork '* ]] || each+=' --limit-batches 2 --threads 1'
    rm -rf my_schedule
    bash -c "$each" >shown 2>&1 </dev/null || fail "exit code $?: $each
$(cat shown)"
  done <<<"$(section Examples)"
}

look

# Alone, it says what to begin with; a script that lost its command must not go on.
expect 2 "$aviary"
[ ! -s out ] || fail "on standard output: $(cat out)"
! grep -E '.{81}' err || fail "wider than 80 columns"
expect_text err 'aviary train demo/fashion-mnist --run runs/first'
