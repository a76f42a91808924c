#!/usr/bin/env bash
# The events of a training reach a server, whole and in order. A server that hangs, refuses or is not there changes nothing of the
# training, and that events were lost is said. No secret is written anywhere.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
draw_pictures
python3 "$scripts/webhook.py" "$PWD" &
server=$!
trap 'kill "$server"' EXIT
for _ in $(seq 500); do [ -e address ] && break || sleep 0.02; done
address=$(cat address)
export AVIARY_TEST_TOKEN=quite-a-secret

# recipe NAME URL: one that posts to URL.
recipe() {
  cat >"$1.toml" <<TOML
extends = "tiny.toml"

[training]
epochs = 4

[[log.plugins]]
type = "webhook"
url = "$2"
headers = ["Authorization: Bearer \${AVIARY_TEST_TOKEN}", "X-Group: birds"]
timeout = 600
TOML
}

# trained RUN: it has all of its epochs, and the weights of the run whose events were taken.
trained() {
  [ "$(wc -l <"$1/metrics.csv")" -eq 5 ] || fail "$1 has other epochs: $(cat "$1/metrics.csv")"
  cmp "$1/checkpoints/last/model.safetensors" taken/checkpoints/last/model.safetensors || fail "other weights in $1"
  ! grep -r "$AVIARY_TEST_TOKEN" "$1" out err || fail "a secret is written down"
}

recipe taken "$address/taken.jsonl"
expect 0 "$aviary" train taken.toml --run taken --threads 1 --stop-after 'epoch 2'
expect 0 "$aviary" resume taken
trained taken
expect_text taken.headers 'Authorization: Bearer quite-a-secret'
expect_text taken.headers 'X-Group: birds'
expect_text taken.headers 'Content-Type: application/json'
expect_text taken/environment.json webhook.so
! grep -q webhook err || fail "a notice without a reason: $(cat err)"
python3 - <<'PYTHON'
import json, os

sent = [json.loads(line) for line in open("taken.jsonl")]
kept = [json.loads(line) for line in open("taken/events.jsonl")]
assert [(e["event"], e.get("epoch")) for e in sent] == [
    ("started", 0), ("epoch", 0), ("epoch", 1), ("ended", 2), ("started", 2), ("epoch", 2), ("epoch", 3), ("ended", 4)], sent
assert all(e.pop("run") == os.path.abspath("taken") for e in sent)
for event in sent:
    if event["event"] == "started":
        recipe = event.pop("recipe_toml")
        assert "lr = 0.05" in recipe and '"Authorization: Bearer ${AVIARY_TEST_TOKEN}"' in recipe, recipe
for event in sent + kept:
    event.pop("time")
# The log of a run that went on is that of one that was never interrupted.
seam = [e for e in sent if e["event"] == "started" and e["epoch"] > 0 or e.get("reason") == "out_of_time"]
assert len(seam) == 2 and [e for e in sent if e not in seam] == kept, (sent, kept)
PYTHON

# loses NAME URL SENTENCE...: all events are lost, the training is not.
loses() {
  local name=$1 sentence
  recipe "$name" "$2"
  shift 2
  expect 0 "$aviary" train "$name.toml" --run "$name" --threads 1
  trained "$name"
  for sentence in "$@"; do expect_text err "$sentence"; done
}
sink="sink webhook ($prefix/lib/aviary/plugins/webhook.so)"
loses refused "$address/401" "$sink: $address/401 answers 401, expected 200 to 299" 'sink webhook took 0 of 6 events: 6 failed'
[ "$(grep -c 'answers 401' err)" -eq 1 ] || fail "told more than once: $(cat err)"
loses moved "$address/302" "$sink: $address/302 answers 302, expected 200 to 299" 'sink webhook took 0 of 6 events: 6 failed'
[ ! -e moved.jsonl ] || fail "a redirection was followed"
loses closed "$address/close" "$sink: $address/close does not answer" 'sink webhook took 0 of 6 events: 6 failed'
loses absent http://127.0.0.1:9/ "$sink: http://127.0.0.1:9/ cannot be reached" 'sink webhook took 0 of 6 events: 6 failed'
loses plain "${address/http:/https:}/401" "does not speak TLS" 'sink webhook took 0 of 6 events: 6 failed'
loses hangs "$address/hang" 'sink webhook took 0 of 6 events: 6 were not taken in time'

# Ctrl-C with a server that hangs: the sentence how to go on comes first, and a second one ends the wait.
"$aviary" train hangs.toml --run stopped --threads 1 --epochs 1000 >stopped.out 2>stopped.err &
program=$!
await stopped/events.jsonl '"event":"epoch"' stopped.err
kill -INT "$program"
await stopped.err 'To go on: aviary resume stopped' stopped.err
kill -INT "$program"
code=0
wait "$program" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code"
! grep -q 'were not taken' stopped.err || fail "waited to the end: $(cat stopped.err)"

# A training that fails says so to its sinks.
recipe failing "$address/failing.jsonl"
expect 1 "$aviary" train failing.toml --run failing --threads 1 --set optimizer.lr=1e30
expect_text failing.jsonl '"reason":"failed","text":"'
[ "$(wc -l <err)" -eq 1 ] || fail "$(cat err)"

# What is wrong shows before anything is trained.
recipe ftp ftp://birds.example/events
expect 2 "$aviary" recipe check ftp.toml
[ "$(cat out err)" = 'ftp.toml:8:7: log.plugins[0].url is not an address to post to; expected http://HOST/PATH or https://HOST/PATH' ] ||
  fail "$(cat out err)"
unset AVIARY_TEST_TOKEN
expect 0 "$aviary" recipe check taken.toml
expect 2 "$aviary" train taken.toml --run poor --threads 1
[ "$(cat err)" = "aviary: $sink: the environment variable AVIARY_TEST_TOKEN is not set; export it before the training" ] ||
  fail "$(cat err)"
expect 0 "$aviary" train taken.toml --run none --threads 1 --set log=false
