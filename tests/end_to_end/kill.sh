#!/usr/bin/env bash
# kill.sh OPTIMIZER SEED: kills a training 25 times with -9, at moments drawn from SEED, and resumes it each time. What it has at
# its end is what one has that was never interrupted.
source "$(dirname "$0")/outside.sh"
RANDOM=$2
kills=25

case $1 in
  sgd) optimizer='type = "sgd"
lr = 0.05
momentum = 0.9' ;;
  sam) optimizer='type = "sam"
[optimizer.base]
type = "sgd"
lr = 0.05
momentum = 0.9
[swa]
epochs = 3' ;;
  nadam) optimizer='type = "nadam"
lr = 0.01
[scheduler]
type = "plateau"
patience = 1
[ema]
decay = 0.9
[early_stopping]
metric = "ema.loss"
patience = 60
[[augment]]
type = "mixup"' ;;
esac
cp "$scripts/tiny.toml" .
cat >recipe.toml <<TOML
extends = "tiny.toml"

[data]
batch_size = 4

[model]
dropout = 0.1

[training]
epochs = 30
metric = "validation.loss"

[checkpoint]
every = "3 batches"

[optimizer]
$optimizer
TOML
draw_pictures
cp -r pictures/valid pictures/test
train=("$aviary" train recipe.toml --threads 1 --workers 1 --quiet --run)

# What a run leaves, without times and what depends on how long a time is in digits.
left() {
  (
    cd "$1"
    sed -E 's/"(time|[a-z_]*seconds|images_per_second|workers)":[^,}]*//g' events.jsonl
    cut -d, -f1-8 metrics.csv
    cd checkpoints
    ls -A
    readlink best last
    cat ./*/state.json | grep -v '_bytes"'
    sha256sum ./*/*.safetensors
  )
}

"${train[@]}" through
left through >through.txt
same() {
  left run >run.txt
  diff through.txt run.txt || fail "another run after $killed kills"
}

# How long a start takes: this one has nothing to go on with.
begun=$(date +%s%3N)
expect 2 "$aviary" resume through
start=$(($(date +%s%3N) - begun))

killed=0 ended=0
while [ "$killed" -lt "$kills" ] || [ -e run/recipe.toml ]; do
  # Without recipe.toml nothing has begun.
  if [ -e run/recipe.toml ]; then
    sed -i "s/\"workers\": [0-9]*/\"workers\": $((RANDOM % 2 * 2 + 1))/" run/environment.json
    "$aviary" resume run --quiet 2>err &
  else
    rm -rf run
    "${train[@]}" run 2>err &
  fi
  program=$! code=0
  if [ "$killed" -lt "$kills" ]; then
    delay=$((start / 2 + RANDOM % 700))
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    kill -9 "$program" 2>/dev/null || true
  fi
  wait "$program" 2>/dev/null || code=$?
  case $code in
    137)
      if [ -e run/recipe.toml ]; then
        killed=$((killed + 1))
      else
        start=$((start + start / 10 + 1))  # on a machine that is busy now
      fi
      ;;
    0 | 2)  # 2: the last kill came when all was done
      same
      rm -r run
      ended=$((ended + 1))
      ;;
    *) fail "exit code $code: $(cat err)" ;;
  esac
done
echo "$killed kills, $ended runs, a start takes $start ms"
