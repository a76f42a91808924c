#!/usr/bin/env bash
# Every figure of evaluate against scikit-learn, NumPy and SciPy, which compute it from the logits that predict prints: of one
# run, of two together, and over views. On photographs of Fashion-MNIST, as files. Skipped where Python has no scikit-learn.
source "$(dirname "$0")/outside.sh"

find_python sklearn python3-sklearn

"$python" "$scripts/scores.py" draw
cat >ten.toml <<TOML
extends = "$scripts/tiny.toml"

[data]
image_size = 28
batch_size = 16

[training]
epochs = 6
TOML
for seed in 1 2; do
  expect 0 "$aviary" train ten.toml --seed "$seed" --run "run$seed" --threads 1 --set optimizer.lr=0.1
  expect 0 "$aviary" evaluate "run$seed" --threads 1 --json --csv "csv$seed"
  mv out "evaluate$seed.json"
  expect 0 "$aviary" predict "run$seed" pictures/test --csv --logits --top 10
  mv out "logits$seed.csv"
  expect 0 "$aviary" predict "run$seed" pictures/valid --csv --logits
  mv out "valid$seed.csv"
  expect 0 "$aviary" predict "run$seed" mirrored --csv --logits
  mv out "mirrored$seed.csv"
done
expect 0 "$aviary" evaluate run1 --threads 1 --tta flip --json
mv out flip.json
expect 0 "$aviary" evaluate run1 run2 --threads 1 --json
mv out mean.json
for how in mean weighted greedy; do
  expect 0 "$aviary" evaluate run1 run2 --threads 1 --split validation --combine "$how" --json
  mv out "validation_$how.json"
done
"$python" "$scripts/scores.py" compare || fail "scores.py"

# bf16 has three digits: other logits, of much the same size.
expect 0 "$aviary" predict run1 pictures/valid --csv --logits --precision bf16
"$python" - out valid1.csv <<'PYTHON' || fail "predictions in bf16"
import csv, sys
rough, exact = ([[float(x) for x in row[3:]] for row in list(csv.reader(open(name)))[1:]] for name in sys.argv[1:])
largest = max(abs(x) for row in exact for x in row)
difference = max(abs(x - y) for one, two in zip(rough, exact, strict=True) for x, y in zip(one, two, strict=True))
sys.exit(not 0 < difference < 0.05 * largest)
PYTHON
expect 0 "$aviary" evaluate run1 --precision bf16
expect 2 "$aviary" evaluate run1 --precision fp16
expect_text err 'fp16'

# Ten views of larger pictures, and folders that are no part of the data.
expect 0 "$aviary" evaluate run1 --tta flip,crop5 --folder pictures/test
expect_text out 'pictures/test'
! grep -qE '.{81}' out || fail "wider than 80 columns: $(grep -E '.{81}' out)"
expect 2 "$aviary" evaluate run1 --folder pictures
expect_text err 'pictures/test is no class of the model; expected a folder per class, called bag, boot, coat ...'
mkdir empty
expect 2 "$aviary" evaluate run1 --folder empty
expect_text err 'empty holds no pictures; expected a folder per class'
expect 2 "$aviary" evaluate run1 --tta rotate
expect_text err 'rotate'

# What one run held out, another may have learnt.
expect 0 "$aviary" train ten.toml --run cut --threads 1 --epochs 1 --set data.validation_fraction=0.2
expect 0 "$aviary" evaluate run1 cut
expect 2 "$aviary" evaluate run1 cut --split validation
expect_text err 'the validation part of cut holds other pictures than that of run1, which may have been trained on them'
mkdir fewer
cp -r pictures/train pictures/valid fewer
rm -r fewer/*/bag
expect 0 "$aviary" train ten.toml --run fewer_classes --threads 1 --epochs 1 --data fewer
expect 2 "$aviary" evaluate run1 fewer_classes
expect_text err 'fewer_classes was trained for other classes than run1'

# Names come as fast as they are written: the answer to the first is there before the second is asked.
mkfifo names
"$aviary" predict run1 - --json <names >streamed 2>streamed.err &
program=$!
exec 3>names
ls pictures/test/*/*.pgm | sed -n 1p >&3  # reads all: head would end ls by SIGPIPE at times
await streamed '"probability"' streamed.err
[ "$(wc -l <streamed)" -eq 1 ] || fail "$(cat streamed)"
printf '\nno/such.pgm\n' >&3
ls pictures/test/*/*.pgm | sed -n 2,100p >&3
exec 3>&-
code=0
wait "$program" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code"
grep -v error streamed | sed 's/.*"file":"\([^"]*\)".*/\1/' | cmp - <(ls pictures/test/*/*.pgm | head -100) || fail "another order"
expect_text streamed '{"file":"no/such.pgm","error":"'
