#!/usr/bin/env bash
# Ctrl-C ends a training with a checkpoint and the sentence how to go on; a second one ends it at once.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >long.toml <<'TOML'
extends = "tiny.toml"

[training]
epochs = 12
TOML
draw_pictures

# begin RUN OPTIONS...: starts a training and waits until $event is among its events.
begin() {
  local run=$1
  shift
  "$aviary" train long.toml --run "$run" --threads 1 "$@" >"$run.out" 2>"$run.err" &
  program=$!
  await "$run/events.jsonl" "$event" "$run.err"
}

ended_with() {
  local code=0
  wait "$program" || code=$?
  [ "$code" -eq "$1" ] || fail "exit code $code, expected $1"
}

event='"event":"epoch"'
begin stopped
kill -INT "$program"
ended_with 130
expect_text stopped.err 'To go on: aviary resume stopped'
[ -e stopped/checkpoints/last/model.safetensors ] || fail "no checkpoint"
expect 0 "$aviary" resume stopped
expect_text err 'epoch 12/12'

# Uninterrupted, it comes to the same bytes.
expect 0 "$aviary" train long.toml --run whole --threads 1
cmp stopped/checkpoints/epoch-0012/model.safetensors whole/checkpoints/epoch-0012/model.safetensors || fail "other weights"

# Steps of many seconds: the first signal waits for the step's end, the second does not.
event='"event":"started"'
begin slow --set data.image_size=256 --set data.batch_size=64 --set model.width=4
sleep 1  # until the first step is under way
kill -INT "$program"
sleep 0.2
start=$(date +%s%N)
kill -TERM "$program"
ended_with 130
[ $((($(date +%s%N) - start) / 1000000)) -lt 1000 ] || fail "the second signal was slow"
! grep -q 'To go on' slow.err || fail "the step was over already: $(cat slow.err)"
