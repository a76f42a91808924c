#!/usr/bin/env bash
# A submission says what predict says, in the sample's form; nothing is written where it could not be whole.
source "$(dirname "$0")/outside.sh"

draw_pictures
cat >small.toml <<TOML
extends = "$scripts/tiny.toml"

[training]
epochs = 2
TOML
expect 0 "$aviary" train small.toml --run one --threads 1 --seed 1
expect 0 "$aviary" train small.toml --run two --threads 1 --seed 2
mkdir images
number=0
for picture in pictures/valid/*/*.pgm; do cp "$picture" "images/$((number++)).pgm"; done

expect 0 "$aviary" submit one --images images --output submission.csv
expect_text out 'submission.csv: 32 pictures, 2 classes'
expect 0 "$aviary" predict one images
sed 's/^images.\([^\t]*\)\t\([^\t]*\)\t.*/"\1","\2"/' out | cmp - <(tail -n +2 submission.csv) || fail "$(cat submission.csv)"

# The competition's own order, columns and numbers.
{ echo 'image,bird'; ls images | sort -r | sed 's/.pgm$/,0/'; } >sample.csv
expect 0 "$aviary" submit one two/epoch-1 --images images --sample sample.csv --output ensemble.csv --tta flip \
  --combine weighted --json
expect_text out '{"output":"ensemble.csv","pictures":32}'
[ "$(head -1 ensemble.csv)" = '"image","bird"' ] || fail "$(head -1 ensemble.csv)"
cut -d, -f1 ensemble.csv | tr -d '"' | tail -n +2 | cmp - <(tail -n +2 sample.csv | cut -d, -f1) || fail "another order"
grep -qE '^"[0-9]+",[01]$' ensemble.csv || fail "$(cat ensemble.csv)"

echo '99,0' >>sample.csv
expect 2 "$aviary" submit one --images images --sample sample.csv --output none.csv
expect_text err '1 of the 33 ids in sample.csv have no picture in images: 99; expected one for each'
expect 2 "$aviary" submit one --images images --sample sample.csv --id-column id --output none.csv
expect 2 "$aviary" submit one --images images --output nowhere/none.csv
expect_text err 'nowhere is no folder; make it, or choose another --output'
expect 2 "$aviary" submit one --images nowhere --output none.csv
expect_text err 'nowhere is no folder; expected one with pictures'
expect 1 "$aviary" submit one --images images --sample nowhere.csv --output none.csv
expect_text err 'cannot read nowhere.csv'
echo broken >images/0.pgm
expect 1 "$aviary" submit one --images images --output none.csv
expect_text err 'a submission needs every picture; mend those that cannot be read, and try again'
expect_text err '0.pgm'
[ ! -e none.csv ] || fail "none.csv was written"
