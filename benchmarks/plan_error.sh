#!/usr/bin/env bash
# How far `aviary plan` is from what it foretells: three recipes, each planned and then trained.
#
#   benchmarks/plan_error.sh DIR [PROGRAM]
#
# DIR is an image folder; PROGRAM defaults to build/bin/aviary. Some five minutes on 2 cores.
set -euo pipefail
data=$1
aviary=${2:-build/bin/aviary}
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

# seconds JSON: the value of its key "seconds".
seconds() { grep -o '"seconds":[0-9.e+-]*' <<<"$1" | head -1 | cut -d: -f2; }

compare() {  # RECIPE OPTION...
  local planned trained
  planned=$(seconds "$("$aviary" plan "$@" --data "$data" --json)")
  trained=$(seconds "$("$aviary" train "$@" --data "$data" --json --run "$runs/${1//\//-}")")
  awk -v recipe="$1" -v planned="$planned" -v trained="$trained" \
    'BEGIN { printf "%-26s  %7.1f  %7.1f  %+6.1f %%\n", recipe, planned, trained, 100 * (planned / trained - 1) }'
}

printf '%-26s  %7s  %7s  %s\n' recipe plan took difference
compare wide_resnet/attempt-4 --epochs 2
compare resnet/strategy-3 --epochs 4 --set data.image_size=64 --set 'curriculum=[{epochs=2,augment=false},{}]'
compare efficientnet/attempt-02 --epochs 3 --set data.image_size=96 --set data.fraction=0.3
