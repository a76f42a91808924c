#!/usr/bin/env bash
# Two processes in two network namespaces, whose link is cut while they train: both end, and each names the other.
source "$(dirname "$0")/outside.sh"

first=aviary_a_$$
second=aviary_b_$$
if ! ip netns add "$first" 2>/dev/null; then
  echo "skipped: network namespaces need iproute2 and root's rights"
  exit 77
fi
trap 'ip netns del "$first"; ip netns del "$second"' EXIT
ip netns add "$second"
ip link add veth0 netns "$first" type veth peer name veth0 netns "$second"
number=0
for space in "$first" "$second"; do
  number=$((number + 1))
  ip -n "$space" address add 10.77.0.$number/24 dev veth0
  ip -n "$space" link set veth0 up
  ip -n "$space" link set lo up
done

cp "$scripts/tiny.toml" .
draw_pictures
export MASTER_ADDR=10.77.0.1 MASTER_PORT=29511 WORLD_SIZE=2
host=$(hostname)
train=("$aviary" train tiny.toml --run cut --threads 1 --workers 1 --set training.epochs=100000)
RANK=0 ip netns exec "$first" "${train[@]}" 2>0.err &
program=$!
RANK=1 ip netns exec "$second" "${train[@]}" 2>1.err &
other=$!
await cut/events.jsonl '"event":"epoch"' 0.err
ip -n "$first" link set veth0 down
start=$SECONDS
for process in $program $other; do
  code=0
  wait "$process" || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code, expected 1: $(tail -n 3 0.err 1.err)"
done
[ $((SECONDS - start)) -le 30 ] || fail "they ended after $((SECONDS - start)) s"
expect_text 0.err "aviary: rank 1 ($host) has not been heard of for 15 s; it was killed, or the network to it is cut; aviary resume cut goes on"
expect_text 1.err "aviary: rank 0 ($host) "
expect_text 1.err 'it was killed, or the network to it is cut; aviary resume cut goes on from its last checkpoint'
(cd cut/checkpoints/last && sha256sum --quiet --check SHA256SUMS) || fail "the last checkpoint is damaged"
