#!/usr/bin/env bash
# What happens to a training ends it with a sentence, and takes nothing of it: gone on with, it comes to the end of one that
# nothing happened to.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >recipe.toml <<'TOML'
extends = "tiny.toml"

[data]
batch_size = 4
cache = "none"

[training]
epochs = 16

[checkpoint]
every = "1 batches"
TOML
draw_pictures
train=("$aviary" train recipe.toml --threads 1 --workers 1 --quiet --run)

# begin RUN: starts a training and waits for its second epoch.
begin() {
  "${train[@]}" "$1" 2>"$1.err" &
  program=$!
  await "$1/events.jsonl" '"event":"epoch"' "$1.err"
}

# ended_with RUN CODE SENTENCE...: how it ended, in one line.
ended_with() {
  local code=0
  wait "$program" || code=$?
  [ "$code" -eq "$2" ] || fail "exit code $code, expected $2: $(cat "$1.err")"
  [ "$(wc -l <"$1.err")" -eq 1 ] || fail "more than a sentence: $(cat "$1.err")"
  expect_text "$1.err" "$3"
}

whole() { (cd "$1" && sha256sum --quiet --check SHA256SUMS) || fail "$1 is damaged"; }

# goes_on RUN: resumed, it has the same end.
goes_on() {
  expect 0 "$aviary" resume "$1"
  cmp "$1/checkpoints/last/model.safetensors" through/checkpoints/last/model.safetensors || fail "other weights in $1"
  diff <(cut -d, -f1-8 "$1/metrics.csv") <(cut -d, -f1-8 through/metrics.csv) || fail "other metrics in $1"
}

"${train[@]}" through

# Two writers: the second one is refused, the first one does not notice. A SIGTERM, which falls into a save here.
begin busy
expect 1 "$aviary" resume busy
[ "$(cat err)" = 'aviary: another aviary is training in busy; wait until it ends, or stop it' ] || fail "$(cat err)"
kill -TERM "$program"
ended_with busy 130 'a checkpoint was saved'
whole busy/checkpoints/last
goes_on busy

# A full disk: files can grow no larger than a part of the weights.
begin full
kill -TERM "$program"
ended_with full 130 'a checkpoint was saved'
cp -r full full_before
code=0
(ulimit -f 100 && exec "$aviary" resume full --quiet) 2>full.err || code=$?
[ "$code" -eq 1 ] || fail "exit code $code on a full disk: $(cat full.err)"
[ "$(wc -l <full.err)" -eq 1 ] || fail "$(cat full.err)"
expect_text full.err 'model.safetensors: File too large; once that is mended, the run goes on from its last checkpoint with: aviary resume full'
diff -r full/checkpoints full_before/checkpoints || fail "the checkpoint before the full disk is not as it was"
goes_on full

# The data goes while it is read, and comes back.
begin data
mv pictures/train away
ended_with data 1 ' with pictures of the train part is gone; bring it back'
mv away pictures/train
whole data/checkpoints/last
goes_on data

# The last checkpoint is cut, or has a flipped byte.
begin cut
kill -TERM "$program"
ended_with cut 130 'a checkpoint was saved'
cp -r cut flipped
truncate -s -1 cut/checkpoints/last/optimizer.safetensors
goes_on cut
expect_text err 'cut/checkpoints/step is damaged (sha256sum -c SHA256SUMS in it tells which file); going on from epoch-00'
byte=$(tail -c 1 flipped/checkpoints/last/model.safetensors | od -An -tu1)
printf "\\x$(printf %x $((byte ^ 16)))" |
  dd of=flipped/checkpoints/last/model.safetensors bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s flipped/checkpoints/last/model.safetensors) - 1))
goes_on flipped
expect_text err 'going on from epoch-00'

# A folder that cannot be written to, for root too.
begin locked
kill -TERM "$program"
ended_with locked 130 'a checkpoint was saved'
chmod -R a-w locked
user=()
if [ "$(id -u)" -eq 0 ]; then user=(setpriv --reuid=65534 --clear-groups); fi
expect 1 "${user[@]}" "$aviary" resume locked
[ "$(cat err)" = 'aviary: cannot write locked/.lock: Permission denied' ] || fail "$(cat err)"
chmod -R u+w locked
goes_on locked
