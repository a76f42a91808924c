#!/usr/bin/env bash
# Whether a change to how networks are computed changes what they learn: training loss and validation top-1 after each of ten
# epochs, means of three seeds and their standard deviations, in fp32 and bf16, of one program after the other.
#
#   benchmarks/seeds.sh DIR AVIARY...
#
# DIR is an image folder; each AVIARY is a program, with its libaviary and its plugins beside it.
set -euo pipefail

data=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for program; do
  for precision in fp32 bf16; do
    for seed in 1 2 3; do
      "$program" train "$(dirname "$0")/seeds.toml" --data "$data" --precision "$precision" --seed "$seed" \
        --run "$scratch/$seed" --quiet >/dev/null
    done
    echo "$program, $precision"
    python3 - "$scratch"/[123]/metrics.csv <<'PYTHON'
import csv, statistics, sys
runs = [list(csv.DictReader(open(name))) for name in sys.argv[1:]]
for key in ["train_loss", "validation_top1"]:
    columns = [[float(row[key]) for row in epoch] for epoch in zip(*runs)]
    print(f"{key:16}", *(f"{statistics.mean(c):6.3f}" for c in columns))
    print(f"{'+-':>16}", *(f"{statistics.stdev(c):6.3f}" for c in columns))
PYTHON
    rm -r "$scratch"/[123]
  done
done
