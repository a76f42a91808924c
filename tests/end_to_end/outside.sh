# What the scripts of this folder share; they begin with it. Variables come from CMakeLists.txt.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$AVIARY_TEST_PREFIX
aviary=$prefix/bin/aviary
unset AVIARY_PLUGIN_PATH
export CUDA_VISIBLE_DEVICES=  # the CPU's results are what most of them compare; gpu.sh has the GPU's

rm -rf "$AVIARY_TEST_FOLDER"
mkdir -p "$AVIARY_TEST_FOLDER"
cd "$AVIARY_TEST_FOLDER"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect CODE COMMAND...: runs it; standard output and error are then in the files out and err.
expect() {
  local expected=$1 code=0
  shift
  "$@" >out 2>err || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code, expected $expected: $*
$(cat out err)"
}

# expect_text FILE TEXT: the file holds this text.
expect_text() {
  grep -qF -- "$2" "$1" || fail "expected in $1: $2
$(cat "$1")"
}

# await FILE TEXT ERRORS: until $program, in the background, has written this text; ERRORS is where its messages go.
await() {
  for _ in $(seq 1200); do
    grep -qs -- "$2" "$1" && return
    kill -0 "$program" || fail "ended early: $(cat "$3")"
    sleep 0.02
  done
  fail "no $2 in $1"
}

# find_python MODULE PACKAGE: sets $python to one that has it, since another python3 may come before Debian's; skips the test where
# there is none.
find_python() {
  for python in python3 /usr/bin/python3; do
    if "$python" -c "import $1" 2>/dev/null; then return; fi
  done
  echo "skipped: python3 cannot import $1 (apt install $2)"
  exit 77
}

draw_pictures() { cmake -P "$prefix/share/aviary/templates/common/pictures.cmake"; }

configure() { expect 0 cmake -S "$1" -B "$2" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release; }

build() { expect 0 cmake --build "$1" --parallel 2; }
