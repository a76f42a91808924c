#!/usr/bin/env bash
# Several processes train one model together. They come to what one process with all their pictures comes to, go on exactly, and
# end together whatever happens to one of them.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >recipe.toml <<'TOML'
extends = "tiny.toml"

[data]
epoch_fraction = 0.94  # 30 pictures: the last batch is smaller

[optimizer]
momentum = 0.9

[training]
epochs = 3

[checkpoint]
every = "1 batches"
TOML
draw_pictures
cp -r pictures/valid pictures/test
export MASTER_ADDR=127.0.0.1
host=$(hostname)

# launch COUNT NAME ARGUMENTS...: starts so many processes of aviary, as a launcher would; their messages go to NAME.RANK.err.
launch() {
  local count=$1 name=$2 rank
  shift 2
  export MASTER_PORT=$((20000 + RANDOM % 12000))
  processes=()
  for rank in $(seq 0 $((count - 1))); do
    RANK=$rank WORLD_SIZE=$count LOCAL_RANK=$rank "$aviary" "$@" >"$name.$rank.out" 2>"$name.$rank.err" &
    processes+=($!)
  done
  program=${processes[0]}
}

# ended_with NAME CODE...: how the processes of NAME ended; "-" for one that was killed.
ended_with() {
  local name=$1 rank code
  shift
  for rank in "${!processes[@]}"; do
    code=0
    wait "${processes[$rank]}" || code=$?
    [ "$1" = - ] || [ "$code" -eq "$1" ] || fail "rank $rank of $name: exit code $code, expected $1: $(cat "$name".*.err)"
    shift
  done
}

# The largest difference between the numbers of two safetensors files.
difference() {
  python3 - "$1" "$2" <<'PYTHON'
import json, struct, sys
def tensors(name):
    with open(name, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    return {key: struct.unpack("<%df" % ((end - begin) // 4), data[begin:end])
            for key, begin, end in ((key, *each["data_offsets"]) for key, each in header.items() if each["dtype"] == "F32")}
a, b = map(tensors, sys.argv[1:])
assert a.keys() == b.keys() and len(a) > 20
print(max(abs(x - y) for key in a for x, y in zip(a[key], b[key])))
PYTHON
}

# below NUMBER LIMIT
below() { awk -v number="$1" -v limit="$2" 'BEGIN { exit !(number < limit) }'; }

same_scores() {
  awk -F, -v limit="$3" 'NR == FNR { for (i = 1; i <= 6; ++i) first[FNR, i] = $i; next }
    FNR > 1 { for (i = 1; i <= 6; ++i) if ((d = $i - first[FNR, i]) > limit || d < -limit) exit 1 }' "$1" "$2"
}

# One process with 28 pictures a batch, two with 14, four with 7: the last batch of an epoch has two pictures, and then two of the
# four processes have none.
together=(train recipe.toml --threads 1 --workers 1 --set 'training.batch_norm="synchronized"')
expect 0 "$aviary" "${together[@]}" --run one --set data.batch_size=28
for count in 2 4; do
  launch $count same "${together[@]}" --run "same$count" --set data.batch_size=$((28 / count))
  ended_with same 0 0 0 0
  found=$(difference one/checkpoints/last/model.safetensors "same$count/checkpoints/last/model.safetensors")
  below "$found" 1e-3 || fail "the weights of $count processes differ by $found from those of one"
  same_scores one/metrics.csv "same$count/metrics.csv" 1e-3 || fail "other scores: $(cat one/metrics.csv "same$count/metrics.csv")"
  for rank in $(seq $((count - 1))); do
    [ ! -s "same.$rank.out" ] && [ ! -s "same.$rank.err" ] || fail "rank $rank shows: $(cat same.$rank.*)"
  done
done
expect_text same4/environment.json '"processes": 4'

# Two passes a step, each over two batches; clipped, and averaged.
cat >sam.toml <<'TOML'
extends = "recipe.toml"

[optimizer]
type = "sam"

[optimizer.base]
type = "sgd"
lr = 0.05

[gradient]
accumulate = 2
clip_norm = 0.5

[ema]
decay = 0.9

[swa]
epochs = 2
TOML
sam=(train sam.toml --threads 1 --workers 1 --set 'training.batch_norm="synchronized"')
expect 0 "$aviary" "${sam[@]}" --run one_sam --set data.batch_size=8
launch 2 sam "${sam[@]}" --run two_sam --set data.batch_size=4
ended_with sam 0 0
for file in last/model last/ema swa/model; do
  found=$(difference {one,two}_sam/checkpoints/$file.safetensors)
  below "$found" 1e-3 || fail "with SAM $file of two processes differs by $found from that of one"
done

# Batch norm per process, by default; what they draw, too.
train=(train recipe.toml --threads 1 --workers 1 --set model.dropout=0.1 --set training.epochs=40 --set data.batch_size=4)
launch 2 through "${train[@]}" --run through
ended_with through 0 0

goes_on() {
  launch 2 "$1" resume "$1"
  ended_with "$1" 0 0
  cmp "$1/checkpoints/last/model.safetensors" through/checkpoints/last/model.safetensors || fail "other weights in $1"
  diff <(cut -d, -f1-8 "$1/metrics.csv") <(cut -d, -f1-8 through/metrics.csv) || fail "other metrics in $1"
}

# begin NAME: until the second epoch.
begin() {
  launch 2 "$1" "${train[@]}" --run "$1"
  await "$1/events.jsonl" '"event":"epoch"' "$1.0.err"
}

# A signal to one of them ends all.
begin stopped
kill -TERM "${processes[1]}"
ended_with stopped 130 130
expect_text stopped.0.err 'To go on: aviary resume stopped'
goes_on stopped

launch 2 timed "${train[@]}" --run timed --stop-after 'epoch 2'
ended_with timed 0 0
expect_text timed.0.err 'stopped after'
goes_on timed

# One is killed.
for rank in 1 0; do
  begin killed$rank
  kill -9 "${processes[$rank]}"
  start=$SECONDS
  if [ $rank -eq 1 ]; then ended_with killed1 1 -; else ended_with killed0 - 1; fi
  [ $((SECONDS - start)) -le 30 ] || fail "the other process ended after $((SECONDS - start)) s"
  expect_text killed$rank.$((1 - rank)).err "aviary: rank $rank ($host)"
  expect_text killed$rank.$((1 - rank)).err "it was killed, or the network to it is cut; aviary resume killed$rank goes on from"
  goes_on killed$rank
done

# Another number of processes goes on from the epoch's beginning. The signal has to come within one.
for attempt in $(seq 0 9); do
  rm -rf other
  begin other
  sleep 0.0$attempt
  kill -TERM "$program"
  ended_with other 130 130
  if grep -q '"batch": [1-9]' other/checkpoints/last/state.json; then break; fi
done
expect 0 "$aviary" resume other --stop-after 'epoch 50'
expect_text err 'was begun by 2 processes, and now there are 1: it is trained anew'
expect_text err 'the number of processes is 1, not 2'

# What is not the same everywhere is refused.
cp -rL "$prefix" other_prefix
echo >>other_prefix/lib/aviary/plugins/wide_resnet.so
differs() {
  local rank
  export MASTER_PORT=$((20000 + RANDOM % 12000))
  processes=()
  RANK=0 WORLD_SIZE=2 "$aviary" "${train[@]}" --run refused >differs.0.out 2>differs.0.err &
  processes+=($!)
  RANK=1 WORLD_SIZE=2 "$@" >differs.1.out 2>differs.1.err &
  processes+=($!)
  ended_with differs 2 2
  [ ! -e refused ] || fail "a run folder was made"
}
differs other_prefix/bin/aviary "${train[@]}" --run refused
sum() { sha256sum "$1/lib/aviary/plugins/wide_resnet.so" | cut -d ' ' -f 1; }
for rank in 0 1; do
  expect_text differs.$rank.err "processes that train together must have the same plugin wide_resnet.so, but it is \
$(sum "$prefix") in rank 0 ($host) and $(sum other_prefix) in rank 1 ($host)"
done
differs "$aviary" "${train[@]}" --run refused --set optimizer.lr=0.01
expect_text differs.1.err 'must have the same recipe: optimizer.lr, but it is 0.05 in rank 0'

# A process that cannot begin ends the others, with its words.
export MASTER_PORT=$((20000 + RANDOM % 12000))
RANK=0 WORLD_SIZE=2 "$aviary" "${train[@]}" --run refused 2>failing.0.err &
processes=($!)
RANK=1 WORLD_SIZE=2 "$aviary" train nowhere.toml 2>failing.1.err &
processes+=($!)
ended_with failing 1 2
expect_text failing.0.err "aviary: rank 1 ($host) failed: "
expect_text failing.0.err 'nowhere.toml'

# What a launcher forgot.
expect 2 env -u MASTER_ADDR RANK=0 WORLD_SIZE=2 "$aviary" "${train[@]}"
expect_text err 'torchrun started 2 processes, but MASTER_ADDR and MASTER_PORT do not say where they meet'
expect 2 env SLURM_PROCID=2 SLURM_NTASKS=2 "$aviary" "${train[@]}"
expect_text err 'SLURM_PROCID is "2"; expected a whole number from 0 to 1'
expect 2 env RANK=0 WORLD_SIZE=2 MASTER_ADDR=no.such.host.invalid "$aviary" "${train[@]}"
expect_text err 'MASTER_ADDR is "no.such.host.invalid", which is no known host'

# The launchers themselves, where they are installed.
if command -v mpirun >/dev/null; then
  export MASTER_PORT=$((20000 + RANDOM % 12000))
  expect 0 mpirun --allow-run-as-root --oversubscribe -n 2 "$aviary" "${together[@]}" --run by_mpirun --set data.batch_size=14
  cmp by_mpirun/checkpoints/last/model.safetensors same2/checkpoints/last/model.safetensors || fail "mpirun: other weights"
else
  echo "skipped: no mpirun (apt install openmpi-bin)"
fi
# torchrun holds the store itself, also that of a second attempt after the first has failed. Without the redirections that of Debian
# 12 fails in its own Python.
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  expect 0 /usr/bin/torchrun --nproc_per_node 2 --master_port $((20000 + RANDOM % 12000)) -r 1 -t 1 --log_dir torchrun \
    --max_restarts 1 --no_python bash -c '[ "$TORCHELASTIC_RESTART_COUNT" = 1 ] && exec "$@"' attempt \
    "$aviary" "${together[@]}" --run by_torchrun --set data.batch_size=14
  cmp by_torchrun/checkpoints/last/model.safetensors same2/checkpoints/last/model.safetensors || fail "torchrun: other weights"
else
  echo "skipped: no torchrun (apt install python3-torch)"
fi
