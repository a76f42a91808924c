#!/usr/bin/env bash
# The event files for TensorBoard hold the numbers of metrics.csv, each once, whatever happened to the training. They are read
# by a program of its own, tensorboard.py; Debian has no TensorBoard.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >recipe.toml <<'TOML'
extends = "tiny.toml"

[[augment]]
type = "horizontal_flip"

[ema]
decay = 0.9

[checkpoint]
keep = 12

[training]
epochs = 12
TOML
draw_pictures
train=("$aviary" train recipe.toml --threads 1 --workers 1 --quiet --run)

# holds RUN STEPS: its files agree with metrics.csv, and processes that trained began at these epochs.
holds() {
  expect 0 python3 "$scripts/tensorboard.py" "$1"
  expect_text out "begun at $2"
}

"${train[@]}" through
holds through '[0]'

# Killed, and gone on with from an epoch that its file went beyond, since the checkpoints after it are taken away. Which one is
# there depends on how far the disk had come.
"${train[@]}" killed 2>killed.err &
program=$!
await killed/events.jsonl '"event":"epoch","time":[^,]*,"epoch":5,' killed.err
kill -9 "$program"
wait "$program" 2>/dev/null || true
rm -rf killed/checkpoints/last killed/checkpoints/epoch-000[6-9] killed/checkpoints/epoch-001*
# Half a record, as a disk may keep it that lost its power.
head -c 20 killed/tensorboard/events.out.tfevents.000001 >>killed/tensorboard/events.out.tfevents.000001
begun=$(ls killed/checkpoints | sed -n 's/^epoch-0*//p' | tail -1)
expect 0 "$aviary" resume killed
[ "$(ls killed/tensorboard)" = 'events.out.tfevents.000001
events.out.tfevents.000002' ] || fail "$(ls killed/tensorboard)"
holds killed "[0, ${begun:-0}]"

# Killed before its first checkpoint, it begins anew.
"${train[@]}" early 2>early.err &
program=$!
await early/events.jsonl '"event":"started"' early.err
kill -9 "$program"
wait "$program" 2>/dev/null || true
rm -rf early/checkpoints/*
expect 0 "$aviary" resume early
holds early '[0]'

# A fork has its origin's epochs, up to where it leaves them.
expect 0 "$aviary" fork through/epoch-10 --run forked --threads 1 --set optimizer.lr=0.01 --epochs 14
holds forked '[0, 10]'

# Not asked for, not written; a sentence when the disk is full.
expect 0 "${train[@]}" without --set log.tensorboard=false
[ ! -e without/tensorboard ] || fail "written all the same"
code=0
(ulimit -f 8 && exec "${train[@]}" full) 2>full.err || code=$?
[ "$code" -eq 1 ] || fail "exit code $code on a full disk: $(cat full.err)"
[ "$(wc -l <full.err)" -eq 1 ] || fail "$(cat full.err)"
expect_text full.err 'once that is mended, the run goes on from its last checkpoint with: aviary resume full'
