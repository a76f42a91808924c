#!/usr/bin/env bash
# Recipes of a folder, trained one after another, with the published scores beside the replayed ones: gone on with where it was
# interrupted, and scaled down.
source "$(dirname "$0")/outside.sh"

mkdir attempts
cp "$scripts/tiny.toml" .
cat >attempts/attempt-1.toml <<'TOML'
extends = "../tiny.toml"

[provenance.published]
train = 0.95
kaggle = 0.909

[data]
path = "nowhere"
classes = 4
image_size = 16

[training]
epochs = 4
TOML
cat >attempts/attempt-2.toml <<'TOML'
extends = "attempt-1.toml"

[optimizer]
type = "adam"

[[curriculum]]
epochs = 2
augment = false

[[curriculum]]

[[augment]]
type = "horizontal_flip"
TOML
draw_pictures

expect 2 "$aviary" replay none
expect_text err 'no recipe none: looked for none, recipes/none.toml'
expect 2 "$aviary" replay attempts
expect_text err 'there is no data in nowhere; the deck'\''s is Kaggle'\''s "BIRDS 400 - SPECIES IMAGE CLASSIFICATION"'
expect 0 "$aviary" replay attempts --static
expect_text out 'attempts/attempt-2  '

# What each changed, and what it came to.
replay=("$aviary" replay attempts --data pictures --out)
expect 0 "${replay[@]}" through
expect_text out '95.0       -      90.90'
[ "$(wc -l <through/replay.csv)" -eq 3 ] || fail "$(cat through/replay.csv)"
expect_text through/replay.csv '"attempts/attempt-2","augment horizontal_flip; curriculum[0].epochs 2; curriculum[0].augment false; optimizer.type ""sgd"" -> ""adam""",'
expect_text through/replay.csv ',0.95,,,0.909,'
expect_text through/replay.md '| attempts/attempt-1 |'
expect_text through/replay.html '&quot;adam&quot;'
[ "$(cut -d, -f 11,13 through/replay.csv | tail -1)" = 4,done ] || fail "$(cat through/replay.csv)"

# What is done stays as it is.
before=$(sha256sum through/attempts/*/events.jsonl)
expect 0 "${replay[@]}" through
[ "$(sha256sum through/attempts/*/events.jsonl)" = "$before" ] || fail "trained again"
expect 2 "${replay[@]}" through --scale 0.5
expect_text err 'through holds a replay with {"scale":1.0,"data":"pictures"}, not {"scale":0.5,"data":"pictures"}'

# Interrupted in the second attempt, it goes on to the same end.
"${replay[@]}" halves --quiet 2>halves.err &
program=$!
await halves/attempts/attempt-2/events.jsonl '"event":"epoch"' halves.err
kill -TERM "$program" || fail "ended early: $(cat halves.err)"
code=0
wait "$program" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code: $(cat halves.err)"
expect_text halves.err 'interrupted; the same command goes on'
expect 0 "${replay[@]}" halves --json
expect_text out '"state":"done"'
for attempt in 1 2; do
  cmp {halves,through}/attempts/attempt-$attempt/checkpoints/last/model.safetensors || fail "other weights in attempt $attempt"
done

# An attempt that fails is a row of the table, and the others are trained; two at a time, at half the size.
printf 'extends = "attempt-1.toml"\n[optimizer]\nlr = 1e30\n' >attempts/attempt-0.toml
expect 1 "${replay[@]}" scaled --scale 0.5 --jobs 2
expect_text out 'at scale 0.5: 0.5 of the epochs'
[ "$(cut -d, -f 13 scaled/replay.csv | tail -3 | tr '\n' ' ')" = 'failed done done ' ] || fail "$(cat scaled/replay.csv)"
expect_text scaled/attempts/attempt-2/recipe.toml 'epochs = 2'
expect_text scaled/attempts/attempt-2/recipe.toml 'fraction = 0.5'
