#!/usr/bin/env bash
# A plugin that knows nothing of this tree is built against the installed package, and the installed program trains with it:
# named by --plugin-path, found by AVIARY_PLUGIN_PATH, and dropped into the installed plugin folder. The host stays as it is.
source "$(dirname "$0")/outside.sh"

host_bytes() { sha256sum "$prefix/bin/aviary" "$prefix"/lib/libaviary.so*; }
before=$(host_bytes)

cp -r "$scripts/out_of_tree" project
configure project build
build build
[ "$(nm -D --defined-only build/guests.so | wc -l)" -eq 1 ] || fail "exports $(nm -D --defined-only build/guests.so)"
draw_pictures

# expect_trained RUN OPTIONS...: a training with all five guests, which learns.
expect_trained() {
  local run=$1
  shift
  rm -f guest_sink.jsonl
  expect 0 "$aviary" train project/guests.toml --run "$run" --threads 1 "$@"
  grep -qE 'validation top-1 +(9[0-9]|100)\.' out || fail "did not learn: $(cat out)"
  [ -e "$run/checkpoints/best/model.safetensors" ] || fail "no checkpoint in $run"
  expect_text "$run/environment.json" guests.so
  expect_text guest_sink.jsonl '"reason":"finished"'
}

expect 2 "$aviary" recipe check project/guests.toml
expect_text err 'there is no such model'
expect 0 "$aviary" plugins list --plugin-path build/guests.so
for kind in model optimizer scheduler augmentation sink; do grep -qE "^$kind +guest_$kind " out || fail "not listed: $kind $(cat out)"; done

expect_trained by_option --plugin-path build
AVIARY_PLUGIN_PATH=$PWD/build expect_trained by_environment
cmp by_option/checkpoints/best/model.safetensors by_environment/checkpoints/best/model.safetensors || fail "other weights"

trap 'rm -f "$prefix/lib/aviary/plugins/guests.so"' EXIT
cp build/guests.so "$prefix/lib/aviary/plugins/"
expect_trained dropped_in
cmp by_option/checkpoints/best/model.safetensors dropped_in/checkpoints/best/model.safetensors || fail "other weights"
expect 0 "$aviary" evaluate dropped_in

[ "$(host_bytes)" = "$before" ] || fail "the host changed"
