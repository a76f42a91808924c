#!/usr/bin/env bash
# Training on a GPU; skipped where LibTorch can use none.
visible=${CUDA_VISIBLE_DEVICES-}
source "$(dirname "$0")/outside.sh"
if [ -n "$visible" ]; then export CUDA_VISIBLE_DEVICES=$visible; else unset CUDA_VISIBLE_DEVICES; fi
draw_pictures
cp "$scripts/tiny.toml" .
cat >recipe.toml <<'TOML'
extends = "tiny.toml"

[model]
dropout = 0.1

[training]
epochs = 4
deterministic = true

[checkpoint]
every = "2 batches"
TOML
if ! "$aviary" train recipe.toml --device cuda --limit-batches 1 --epochs 1 --run probe --quiet 2>err; then
  grep -qE 'LibTorch without CUDA|LibTorch sees no GPU' err || fail "$(cat err)"
  echo "skipped: $(cat err)"
  exit 77
fi

# In deterministic mode an interrupted training has the bits of one that was not.
expect 0 "$aviary" train recipe.toml --device cuda --run whole --quiet
expect 0 "$aviary" train recipe.toml --device cuda --run parts --quiet --stop-after 'epoch 2'
expect 0 "$aviary" resume parts --quiet
for file in model optimizer; do cmp {whole,parts}/checkpoints/last/$file.safetensors || fail "$file differs"; done
grep -q '"device": "cuda:0"' whole/environment.json || fail "$(cat whole/environment.json)"

# Recorded and replayed, a training has the bits of one that is not.
expect 0 "$aviary" train recipe.toml --device cuda --run recorded --quiet --set training.cuda_graph=true
for file in model optimizer; do cmp {whole,recorded}/checkpoints/last/$file.safetensors || fail "$file differs when recorded"; done
expect 2 "$aviary" train recipe.toml --device cuda --run refused --quiet --set training.cuda_graph=true --precision fp16
expect_text err 'training.cuda_graph goes with fp32 and bf16'

# Every precision trains; what was trained there predicts here.
for precision in fp32 bf16 fp16 auto; do
  expect 0 "$aviary" train recipe.toml --device cuda --run $precision --precision $precision --quiet
  expect 0 "$aviary" evaluate $precision --device cuda
  expect 0 "$aviary" evaluate $precision --device cpu
done
expect 0 "$aviary" resume fp16 --epochs 5 --quiet --device cpu --precision fp32
expect_text fp16/events.jsonl 'the device is cpu, not cuda:0'
