#!/usr/bin/env bash
# What can be done with runs: end in time, train longer, change on purpose, fork, start from another, average.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >short.toml <<'TOML'
extends = "tiny.toml"

[data]
batch_size = 8

[model]
dropout = 0.1

[optimizer]
momentum = 0.9

[scheduler]
type = "cosine"

[[augment]]
type = "horizontal_flip"

[training]
epochs = 4
TOML
draw_pictures

same() {  # RUN RUN CHECKPOINT
  for file in model.safetensors optimizer.safetensors; do
    cmp "$1/checkpoints/$3/$file" "$2/checkpoints/$3/$file" || fail "$1 and $2 differ in $3/$file"
  done
}

expect 0 "$aviary" train short.toml --run four --threads 1

# A limit of time: exit code 0, how much is left, how to go on. 1 s is over when LibTorch has started; then there is time.
expect 0 "$aviary" train short.toml --run timed --threads 1 --stop-after 1s --set data.image_size=128 --set model.width=4
expect_text err 'of 4 epochs are complete'
expect_text err 'To go on: aviary resume timed'
expect_text timed/events.jsonl '"reason":"out_of_time"'
expect 0 "$aviary" resume timed --stop-after 1s --json
expect_text out '"out_of_time":true'
expect 0 "$aviary" train short.toml --run enough --threads 1 --set training.stop_after=2h
same four enough epoch-0004
expect 0 "$aviary" train short.toml --run paused --threads 1 --stop-after 'epoch 2'
expect_text err '2 of 4 epochs are complete'
[ ! -e paused/checkpoints/epoch-0003 ] || fail "trained on"
expect 0 "$aviary" resume paused --stop-after 'epoch 2'
expect 0 "$aviary" resume paused
same four paused epoch-0004
expect 2 "$aviary" resume timed --stop-after '8 hours'
expect_text err '--stop-after: expected a limit such as "8h30m" or "90 min", or "epoch 10", not 8 hours'
expect 2 "$aviary" train short.toml --set training.stop_after=soon
expect_text err '--set training.stop_after: training.stop_after is no limit of a session'

# Longer: from epoch 5 on as a training of six epochs has it, whose beginning differs.
expect 0 "$aviary" train short.toml --run longer --threads 1 --set scheduler.type=constant
expect 0 "$aviary" train short.toml --run six --threads 1 --set scheduler.type=constant --epochs 6
expect 2 "$aviary" resume longer
expect_text err 'longer has trained its 4 epochs; there is nothing to go on with (--epochs N makes it longer)'
expect 2 "$aviary" resume longer --epochs 3
expect_text err 'longer has trained 4 epochs; 3 cannot be left of them'
expect 2 "$aviary" resume longer/epoch-3 --epochs 6
expect_text err 'a run goes on from its last checkpoint: aviary resume longer; a new one begins from another: aviary fork longer/epoch-3'
expect 0 "$aviary" resume longer --epochs 6
expect_text err 'from epoch 5 on training.epochs is 6, not 4'
same longer six epoch-0006
grep -q '^epochs = 6 .*# --set training.epochs$' longer/recipe.toml || fail "$(cat longer/recipe.toml)"
grep -q '^batch_size = 8 .*# short.toml:4:14$' longer/recipe.toml || fail "$(cat longer/recipe.toml)"
expect_text longer/events.jsonl 'from epoch 5 on training.epochs is 6, not 4'
expect_text longer/environment.json '"key": "training.epochs"'
[ "$(grep -c '"event":"ended"' longer/events.jsonl)" -eq 1 ] || fail "$(cat longer/events.jsonl)"

# What was edited is refused by name, what is said is done.
sed -i 's/^lr = 0.05/lr = 0.25/; s/^momentum = 0.9/momentum = 0.5/' longer/recipe.toml
expect 2 "$aviary" resume longer --epochs 7
expect_text err 'optimizer.lr is 0.25, but the run was begun with 0.05; write it as it was, or change it on purpose: --set optimizer.lr=0.25'
expect_text err 'longer/recipe.toml:'
[ "$(wc -l <err)" -eq 2 ] || fail "$(cat err)"
expect 2 "$aviary" resume longer --epochs 7 --set optimizer.lr=0.25
[ "$(grep -c . err)" -eq 1 ] || fail "$(cat err)"
expect 0 "$aviary" resume longer --epochs 7 --set optimizer.lr=0.25 --set optimizer.momentum=0.9
expect_text err 'from epoch 7 on optimizer.lr is 0.25, not 0.05'
expect 0 "$aviary" resume longer --epochs 8
expect 2 "$aviary" resume longer --epochs 9 --set training.metric=train.loss
expect_text err 'training.metric cannot change'
expect 2 "$aviary" resume longer --epochs 9 --set optimizer.lr=-1
expect_text err '--set optimizer.lr: optimizer.lr is -1.0'
expect 1 "$aviary" resume longer --epochs 9 --set model.width=2
expect_text err "does not fit the recipe's model"
expect 0 "$aviary" resume longer --epochs 9 --data ./pictures

# A fork that changes nothing comes to the same end; one that changes something says so.
expect 0 "$aviary" fork four --at epoch-2 --run twin
same four twin epoch-0004
cut -d, -f1-6 four/metrics.csv >four.csv
cut -d, -f1-6 twin/metrics.csv | cmp - four.csv || fail "$(cat twin/metrics.csv)"
expect_text twin/environment.json 'four/checkpoints/epoch-0002"'
expect 0 "$aviary" fork four/epoch-3 --run other --set optimizer.lr=0.01 --set ema.decay=0.5 --epochs 5
expect_text err 'from epoch 4 on optimizer.lr is 0.01, not 0.05'
[ -e other/checkpoints/last/ema.safetensors ] || fail "no average"
expect 0 "$aviary" evaluate other
expect 0 "$aviary" resume other --epochs 6
expect 2 "$aviary" fork four --at last
expect_text err 'has trained 4 epochs, and training.epochs is 4; expected more: --epochs N, or an earlier checkpoint with --at'
expect 2 "$aviary" fork four --at epoch-9
expect_text err 'four has no checkpoint epoch-9; there are: best, '
expect 2 "$aviary" fork four --at epoch-2 --run twin
expect_text err 'twin exists and is not empty'

# Start from another run's weights.
expect 0 "$aviary" train short.toml --weights four/best --run started --epochs 1
grep -q "^weights = \".*/four/checkpoints/epoch-000[1-4]/model.safetensors\"" started/recipe.toml || fail "$(cat started/recipe.toml)"
expect 2 "$aviary" train short.toml --weights four/epoch-9
expect_text err '--set model.weights: four has no checkpoint epoch-9'

# Averages are runs that can be evaluated and predicted with.
expect 0 "$aviary" average four/epoch-3 four twin other/best --run soup
expect_text out 'average of'
expect 0 "$aviary" evaluate soup
expect_text out 'average'
expect 0 "$aviary" predict soup pictures/valid/left
expect 0 "$aviary" train short.toml --weights soup --run from_soup --epochs 1
expect_text soup/environment.json '"sha256"'
expect 2 "$aviary" resume soup
expect_text err 'begin one from them: aviary train RECIPE --weights soup'
expect 2 "$aviary" average four
expect 2 "$aviary" average four timed
expect_text err 'in model.width (4, not 1)'
expect 2 "$aviary" average four nowhere
expect_text err 'nowhere does not exist'
expect 2 "$aviary" average four soup --run soup
expect_text err 'soup exists and is not empty'
