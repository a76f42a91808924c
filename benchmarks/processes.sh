#!/usr/bin/env bash
# What several processes on one machine gain: pictures per second of all together, with a compute thread each, in turns. WRN-16-4 at
# 32 px, 32 pictures for each process.
#
#   benchmarks/processes.sh DIR [PROGRAM]
#
# DIR is an image folder; PROGRAM defaults to build/bin/aviary. Needs mpirun (openmpi-bin).
set -euo pipefail
data=$1
aviary=${2:-build/bin/aviary}
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
train=("$aviary" train "$(dirname "$0")/loader.toml" --data "$data" --set 'model={type="wide_resnet",depth=16,width=4}'
  --set data.image_size=32 --set data.batch_size=32 --epochs 2 --limit-batches 20 --threads 1 --workers 1 --quiet)

rate() {  # PROCESSES BATCH_NORM: of the second epoch
  rm -rf "$runs/run"
  MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + RANDOM % 12000)) mpirun --allow-run-as-root --oversubscribe --bind-to none \
    -n "$1" "${train[@]}" --run "$runs/run" --set "training.batch_norm=\"$2\"" >"$runs/out" 2>&1 || { cat "$runs/out" >&2; exit 1; }
  grep '"epoch":1,"epochs"' "$runs/run/events.jsonl" | grep -o '"images_per_second":[0-9.]*' | cut -d: -f2
}

kinds=("1 process" "2 process" "2 synchronized" "4 process")  # processes, and whose batch norms are
for _ in 1 2 3; do
  for kind in "${kinds[@]}"; do
    read -r processes batch_norm <<<"$kind"
    rate "$processes" "$batch_norm" >>"$runs/$processes-$batch_norm"
  done
done
printf '%-28s  %8s  %s\n' 'processes, batch norm' images/s ratio
for kind in "${kinds[@]}"; do
  median=$(sort -g "$runs/${kind/ /-}" | sed -n 2p)
  awk -v kind="${kind/ /, }" -v median="$median" -v one="$(sort -g "$runs/1-process" | sed -n 2p)" \
    'BEGIN { printf "%-28s  %8.1f  %5.2f\n", kind, median, median / one }'
done
