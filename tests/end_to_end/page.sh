#!/usr/bin/env bash
# page.sh PAGE: runs the commands of a Markdown page in order, in one folder, and compares what they print with what it shows.
#
#   ```console   lines that begin with "$ " are commands, the lines up to the next one are what it prints; "..." stands for any
#                text there. Exit codes are those of the last command: shown as a line "(exit code 2)" when not 0.
#   ```sh        commands alone; all must succeed.
#   <!-- file: NAME -->      before a block: its content is written to that file.
#   <!-- not run: REASON --> before a block: it is skipped.
#
# /opt/aviary stands for the prefix. A folder pictures/ with two classes is there.
source "$(dirname "$0")/outside.sh"
page=$1
export PATH=$prefix/bin:$PATH HOME=$PWD CMAKE_BUILD_PARALLEL_LEVEL=2
draw_pictures

compare() {  # COMMAND EXPECTED
  local expected=$2 code=0 pattern
  bash -c "$1" >"$AVIARY_TEST_FOLDER/shown" 2>&1 || code=$?
  [ "$code" -eq 0 ] || printf '(exit code %s)\n' "$code" >>"$AVIARY_TEST_FOLDER/shown"
  [ "$expected" != '' ] || { [ "$code" -eq 0 ] || fail "$1
$(cat "$AVIARY_TEST_FOLDER/shown")"; return 0; }
  # All characters but the ellipsis stand for themselves.
  pattern=$(sed -E 's/[][\\*?]/\\&/g; s/ *\.\.\. */*/g' <<<"$expected")
  # shellcheck disable=SC2053
  [[ "$(cat "$AVIARY_TEST_FOLDER/shown")" == $pattern ]] || fail "$1
expected:
$expected
found:
$(cat "$AVIARY_TEST_FOLDER/shown")"
}

run_console() {
  local line command='' expected=''
  while IFS= read -r line; do
    if [[ $line == '$ '* ]]; then
      [ -z "$command" ] || compare "$command" "${expected%$'\n'}"
      command=${line#'$ '} expected=''
    else
      expected+=$line$'\n'
    fi
  done
  [ -z "$command" ] || compare "$command" "${expected%$'\n'}"
}

finish_block() {  # LANGUAGE DIRECTIVE TEXT
  local text=${3//\/opt\/aviary/$prefix}
  case "$2" in
    'not run: '*) echo "skipped, ${2#not run: }" ;;
    'file: '*)
      mkdir -p "$(dirname "${2#file: }")"
      printf '%s' "$text" >"${2#file: }"
      ;;
    *)
      case "$1" in
        console) run_console <<<"${text%$'\n'}" ;;
        sh) bash -euo pipefail -c "$text" || fail "$text" ;;
      esac
      ;;
  esac
}

inside='' directive='' text='' count=0
while IFS= read -r line <&3; do
  if [ -n "$inside" ] && [ "$line" = '```' ]; then
    finish_block "${inside#'```'}" "$directive" "$text"
    inside='' directive='' count=$((count + 1))
  elif [ -n "$inside" ]; then
    text+=$line$'\n'
  elif [[ $line == '```'* ]]; then
    inside=$line text=''
  elif [[ $line == '<!-- '*' -->' ]]; then
    directive=${line#'<!-- '} directive=${directive%' -->'}
  elif [ -n "$line" ]; then
    directive=''
  fi
done 3<"$page"
[ -z "$inside" ] || fail "a block of $page is not closed"
echo "$count blocks"
