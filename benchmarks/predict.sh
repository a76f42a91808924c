#!/usr/bin/env bash
# A prediction from a cold start beside an empty program linked with LibTorch, in turns; then many pictures beside what the loader
# alone prepares.
#
#   script/build benchmarks && benchmarks/predict.sh DIR [BUILD]
#
# DIR is an image folder with the parts train and test; BUILD defaults to build. Two minutes on 2 cores.
set -euo pipefail
data=$1
build=${2:-build}
aviary=$build/bin/aviary
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

milliseconds() {  # COMMAND...
  local began=$EPOCHREALTIME
  "$@" >/dev/null
  echo $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
}

median() { sort -n | sed -n 6p; }  # of 11

for recipe in efficientnet/attempt-12 wide_resnet/attempt-1 benchmarks/loader.toml; do
  run=$folder/$(dirname "$recipe")
  pixels=32
  if [[ $recipe == efficientnet* ]]; then pixels=224; fi
  "$aviary" train "$recipe" --data "$data" --set "data.image_size=$pixels" --run "$run" --quiet --epochs 1 --limit-batches 2 \
    >/dev/null 2>&1
  picture=$(find "$data/test" -type f | sort | sed -n 1p)
  for _ in $(seq 11); do
    milliseconds "$build/bin/empty" >>"$run.empty"
    milliseconds "$aviary" predict "$run" "$picture" >>"$run.predict"
  done
  many=$(milliseconds "$aviary" predict "$run" "$data/train" --json)
  count=$(find "$data/train" -type f | wc -l)
  alone=$("$build/bin/loader" "$data" 2 "data.image_size=$pixels" 'augment=[]' | sed -n 1p)
  printf '%-24s  one picture %4d ms, an empty program %3d ms; %d pictures %4d a second, the loader alone %4.0f\n' "$recipe" \
    "$(median <"$run.predict")" "$(median <"$run.empty")" "$count" $((count * 1000 / many)) "$alone"
done
