#!/usr/bin/env bash
# A recipe trained again and again with other values: interrupted, killed, shared by two processes, with beginnings that are
# trained once, and without its augmentations one by one.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >base.toml <<'TOML'
extends = "tiny.toml"

[optimizer]
momentum = 0.9

[[augment]]
type = "horizontal_flip"

[[augment]]
type = "random_crop"
padding = 2

[training]
epochs = 4
seed = 3

[limits]
parameters = 200_000
TOML
draw_pictures

cat >mix.toml <<'TOML'
base = "base.toml"

[sweep]
strategy = "grid"
seeds = 2

[space.curriculum.choice]
half = [{ epochs = 2, augment = false }, {}]
most = [{ epochs = 3, augment = false }, {}]
none = [{}]
TOML

# Mistakes, with their places.
expect 2 "$aviary" sweep none
expect_text err 'no recipe none'
expect 2 "$aviary" sweep
expect_text err 'expected the file of a sweep, or --ablate with a recipe'
sed 's/epochs = 3/epochs = 5/' mix.toml >wrong.toml
expect 2 "$aviary" sweep wrong.toml
expect_text err 'wrong.toml:9:'
expect_text err '[[curriculum]] has 5 epochs before its last phase, the training has 4'
expect 2 "$aviary" recipe check wrong.toml
expect 0 "$aviary" recipe check mix.toml
expect_text out 'mix.toml: ok'
expect 1 "$aviary" sweep mix.toml --data nowhere
expect 2 "$aviary" train mix.toml
expect_text err 'mix.toml:1:1: unknown key base'

# To its end: of the six trainings with two seeds, those that begin alike were forked, and are what they would have been.
expect 0 "$aviary" sweep mix.toml --out through
expect_text out 'common beginnings saved'
expect_text out 'the best recipe is through/best.toml'
[ "$(wc -l <through/sweep.csv)" -eq 7 ] || fail "$(cat through/sweep.csv)"
[ "$(grep -c ',done,' through/sweep.csv)" -eq 6 ] || fail "$(cat through/sweep.csv)"
[ -s through/plots/curriculum.svg ] || fail "no plot"
expect 0 "$aviary" recipe check through/best.toml
run=$(grep '"most"' through/sweep.csv | head -1 | sed 's/.*"\(.*\)"$/\1/')
expect_text "$run/environment.json" '"origin"'
expect 0 "$aviary" train base.toml --run alone --set 'curriculum=[{epochs=3,augment=false},{}]' --quiet
cmp alone/checkpoints/last/model.safetensors "$run/checkpoints/last/model.safetensors" || fail "a fork has other weights"

# What is done stays as it is; another sweep is refused.
before=$(sha256sum through/trials/*/events.jsonl)
expect 0 "$aviary" sweep mix.toml --out through --json
expect_text out '"metric":"validation.top1"'
expect_text out '"seconds_saved":'
[ "$(sha256sum through/trials/*/events.jsonl)" = "$before" ] || fail "trained again"
sed 's/seeds = 2/seeds = 3/' mix.toml >changed.toml
expect 2 "$aviary" sweep changed.toml --out through
expect_text err 'changed.toml:5:9: sweep.seeds is 3, and was 2; the trials in through are of the sweep as it was'
expect 2 "$aviary" sweep mix.toml --out through --set optimizer.lr=0.1
expect_text err '--set optimizer.lr: recipe.optimizer.lr is 0.1, and was 0.05'

# Killed in the midst, with whatever it was training, it goes on to the same end, by two processes at once.
"$aviary" sweep mix.toml --out halves --quiet 2>halves.err &
program=$!
await halves/trials/0002/events.jsonl '"event":"epoch"' halves.err
kill -KILL "$program" || fail "ended early: $(cat halves.err)"
wait "$program" || true
"$aviary" sweep mix.toml --out halves --quiet 2>other.err &
other=$!
expect 0 "$aviary" sweep mix.toml --out halves --quiet
wait "$other" || fail "the other process: $(cat other.err)"
for trial in through/trials/*; do
  cmp "$trial/checkpoints/last/model.safetensors" "halves/trials/$(basename "$trial")/checkpoints/last/model.safetensors" ||
    fail "other weights in $trial"
done

# Interrupted, it says how to go on.
"$aviary" sweep mix.toml --out ended --quiet 2>ended.err &
program=$!
await ended/trials/0001/events.jsonl '"event":"started"' ended.err
kill -TERM "$program" || fail "ended early: $(cat ended.err)"
code=0
wait "$program" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code: $(cat ended.err)"
expect_text ended.err 'interrupted; the same command goes on'

# Points above the limit are passed over; most of the others are stopped early.
cat >drawn.toml <<'TOML'
base = "base.toml"

[sweep]
strategy = "asha"
trials = 9
metric = "validation.loss"

[space]
"optimizer.lr" = { log_uniform = [1e-4, 0.1] }
"model.width" = { choice = [1, 9] }
TOML
expect 0 "$aviary" sweep drawn.toml --out drawn
expect_text out 'skipped: more parameters than limits.parameters = 200,000'
expect_text out "Share of the scores' variance that a key alone explains"
grep -q ',paused,' drawn/sweep.csv || fail "none was stopped early: $(cat drawn/sweep.csv)"
grep -q ',4,.*,done,' drawn/sweep.csv || fail "none was trained to its end: $(cat drawn/sweep.csv)"
expect_text drawn/best.toml 'metric = "validation.loss"'

# Left out one by one, from a checkpoint that all have in common.
expect 0 "$aviary" sweep --ablate base.toml --seeds 2 --out ablation
expect_text out 'Without it, validation.top1 changes by'
grep -Eq 'horizontal_flip +[+-][0-9.]+ \+- [0-9.]+ points' out || fail "$(cat out)"
expect_text out 'common beginnings saved'
expect 0 "$aviary" sweep --ablate base.toml --tables --seeds 1 --out tables --json
expect_text out '"left_out":"augment"'
expect 2 "$aviary" sweep --ablate base.toml --from-epoch 4
expect_text err '--from-epoch 4: the training has 4 epochs'

expect 2 "$aviary" sweep drawn.toml --device cuda --out never
grep -qE 'LibTorch without CUDA|LibTorch sees no GPU' err || fail "$(cat err)"
