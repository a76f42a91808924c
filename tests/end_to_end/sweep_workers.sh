#!/usr/bin/env bash
# A sweep shared by workers that see neither each other nor a common folder, and made into one: what comes out is what one machine
# would have found.
source "$(dirname "$0")/outside.sh"

cp "$scripts/tiny.toml" .
cat >base.toml <<'TOML'
extends = "tiny.toml"

[[augment]]
type = "horizontal_flip"

[training]
epochs = 4
seed = 3

[limits]
parameters = 200_000
TOML
draw_pictures

# Three groups of trainings with a common beginning, and points that are passed over.
cat >grid.toml <<'TOML'
base = "base.toml"

[sweep]
strategy = "grid"

[space]
"optimizer.lr" = { choice = [0.1, 0.05, 0.02] }
"model.width" = { choice = [1, 9] }

[space.curriculum.choice]
half = [{ epochs = 2, augment = false }, {}]
most = [{ epochs = 3, augment = false }, {}]
TOML

# Mistakes.
expect 2 "$aviary" sweep grid.toml --worker 3 --workers 3
expect_text err '--worker 3 of --workers 3; expected 0 to 2, as in a job array with indices that begin at 0'
SLURM_ARRAY_TASK_ID=  # as in a script that is no job of an array
# shellcheck disable=SC2086
expect 2 "$aviary" sweep grid.toml --worker $SLURM_ARRAY_TASK_ID --workers 3
expect_text err '--worker --workers is no number that it takes'
expect 2 "$aviary" sweep grid.toml --worker 1
expect_text err '--worker 1 is given without --workers; expected how many there are in all'
expect 2 "$aviary" sweep grid.toml --workers 3
expect_text err '--workers 3 is given without --worker; expected which of them this is, 0 to 2'
expect 2 "$aviary" sweep grid.toml --worker 1 --workers 3 --merge parts
expect_text err '--worker trains, --merge makes one sweep'
expect 2 "$aviary" sweep grid.toml --merge parts
expect_text err '--merge parts: there is no such folder'
expect 2 "$aviary" sweep grid.toml --merge .
expect_text err '--merge .: neither this folder nor one in it has a sweep.db'
sed 's/"grid"/"asha"/' grid.toml >asha.toml
expect 2 "$aviary" sweep asha.toml --worker 0 --workers 2
expect_text err 'asha.toml:4:12: sweep.strategy is asha, which stops trainings by what all others come to'
[ ! -e runs ] || fail "a refused command left runs/"

# The shares, one of them killed and started again.
expect 0 "$aviary" sweep grid.toml --out whole --json
cp out whole.json
expect 0 "$aviary" sweep grid.toml --out parts --worker 0 --workers 3
expect_text out 'worker 0 of 3'
expect_text out 'the same command with --merge parts in place of --worker and --workers'
[ "$(grep -c ',done,' parts/worker-0-of-3/sweep.csv)" -eq 2 ] || fail "$(cat parts/worker-0-of-3/sweep.csv)"
"$aviary" sweep grid.toml --out parts --worker 1 --workers 3 --quiet 2>one.err &
program=$!
await parts/worker-1-of-3/trials/0006/events.jsonl '"event":"epoch"' one.err
kill -KILL "$program" || fail "ended early: $(cat one.err)"
wait "$program" || true

# Not all are there yet. What is there is merged, and needs no pictures.
mv pictures away
expect 1 "$aviary" sweep grid.toml --out merged --merge parts
expect_text err 'of 15 trials ('
expect_text err 'of worker 2 of 3, whose folder is not among these'
expect_text err 'not trained to its end in parts/worker-1-of-3'
expect_text err 'start these workers again and merge again, or train the rest here: the same command without --merge'
[ "$(grep -c ',done,' merged/sweep.csv)" -eq 2 ] || fail "$(cat merged/sweep.csv)"
mv away pictures

expect 0 "$aviary" sweep grid.toml --out parts --worker 1 --workers 3 --quiet
expect 0 "$aviary" sweep grid.toml --out parts --worker 2 --workers 3 --quiet
expect 0 "$aviary" board parts --csv
[ "$(grep -c ',finished,4,4,' out)" -eq 6 ] || fail "$(cat out)"
mv pictures away
expect 0 "$aviary" sweep grid.toml --out merged --merge parts --json
mv away pictures

# But for times and paths, it is the sweep of one machine.
same() { sed -E 's/"(seconds|seconds_saved)":[^,}]*|"run":"[^"]*"//g' "$1"; }
[ "$(same out)" = "$(same whole.json)" ] || fail "$(diff <(same out) <(same whole.json))"
cmp merged/best.toml whole/best.toml || fail "another best recipe"
cmp merged/plots/optimizer.lr.svg whole/plots/optimizer.lr.svg || fail "another plot"
[ "$(ls merged/trials)" = "$(ls whole/trials)" ] || fail "other trials: $(ls merged/trials)"
for trial in whole/trials/*; do
  cmp "$trial/checkpoints/last/model.safetensors" "merged/trials/$(basename "$trial")/checkpoints/last/model.safetensors" ||
    fail "other weights in $trial"
done

# The merged folder is a sweep's like any other: nothing is left to train, and its runs can be used without the parts.
mv parts gone
before=$(sha256sum merged/trials/*/events.jsonl)
expect 0 "$aviary" sweep grid.toml --out merged
expect_text out 'the best recipe is merged/best.toml'
[ "$(sha256sum merged/trials/*/events.jsonl)" = "$before" ] || fail "trained again"
expect 0 "$aviary" evaluate merged/trials/0003
expect 0 "$aviary" resume merged/trials/0003 --epochs 5 --quiet

# Parts of another sweep, or with another command.
expect 2 "$aviary" sweep grid.toml --set optimizer.momentum=0.5 --out other --merge gone
expect_text err '--set optimizer.momentum: recipe.optimizer.momentum is 0.5, and was 0.0 in gone/worker-0-of-3'
[ ! -e other ] || fail "a refused merge left a folder"
expect 2 "$aviary" sweep grid.toml --out gone/worker-0-of-3
expect_text err '--worker was 0, and is gone'

# More points than the file has, and more workers than trainings; the missing one is trained after the merge, by the default names.
cat >drawn.toml <<'TOML'
base = "base.toml"

[sweep]
trials = 1

[space]
"optimizer.lr" = { log_uniform = [1e-4, 0.1] }
TOML
expect 0 "$aviary" sweep drawn.toml --trials 2 --worker 0 --workers 3
expect 0 "$aviary" sweep drawn.toml --trials 2 --worker 2 --workers 3
expect_text err 'worker 2 has nothing to train: the sweep is enough for 2 workers'
expect 2 "$aviary" sweep drawn.toml --merge runs/drawn
expect_text err 'has a trial of point 2, and the sweep has 1 points; expected the --trials that its worker was given'
expect 1 "$aviary" sweep drawn.toml --trials 2 --merge runs/drawn/worker-0-of-3 runs/drawn/worker-2-of-3
expect_text err 'missing: 1 of 2 trials (2), of worker 1 of 3, whose folder is not among these'
expect 0 "$aviary" sweep drawn.toml --trials 3
[ "$(grep -c ',done,' runs/drawn/sweep.csv)" -eq 3 ] || fail "$(cat runs/drawn/sweep.csv)"
