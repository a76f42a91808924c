#!/usr/bin/env bash
# report.sh NODE_MODULES: a run's report in a browser, and its curves as files. Class names try to be markup.
source "$(dirname "$0")/outside.sh"
export NODE_PATH=$1

[ -d "$NODE_PATH/playwright-core" ] || { echo "skipped: the program was built without npm"; exit 77; }
[ -x /usr/bin/chromium ] || { echo "skipped: chromium is not installed"; exit 77; }

draw_pictures
classes=('<img src=x onerror=alert(1)>' "a & \"b\" 'c'" '😀 &amp; <b>')
for part in train valid; do
  mv "pictures/$part/left" "pictures/$part/${classes[0]}"
  mv "pictures/$part/right" "pictures/$part/${classes[1]}"
  cp -r "pictures/$part/${classes[0]}" "pictures/$part/${classes[2]}"  # cannot be told apart, so some are wrong
done
cp "$scripts/tiny.toml" parent.toml
cat >recipe.toml <<'TOML'
extends = "parent.toml"

[optimizer]
lr = 0.01

[[augment]]
type = "horizontal_flip"

[training]
epochs = 3

[ema]
decay = 0.9

[[curriculum]]
epochs = 1
augment = false

[[curriculum]]
epochs = 2
TOML

expect 0 "$aviary" train recipe.toml --run run --threads 1 --stop-after 'epoch 2'
expect_text run/report.html '"state":"out_of_time"'
expect 0 "$aviary" resume run
expect_text run/report.html '"state":"finished"'
node "$scripts/report.mjs" run/report.html 3 "${classes[@]}" || fail "the report in a browser"

expect 0 "$aviary" curves run
expect_text out 'learning rate'
expect_text out 'validation'
expect 0 "$aviary" curves run --plot curves.svg
grep -q '<svg' curves.svg || fail "no SVG"
expect 0 "$aviary" curves run --plot curves.png --json
expect_text out '"epoch":[1,2,3]'
[ "$(head -c 4 curves.png | tail -c 3)" = PNG ] || fail "no PNG"
mkdir empty && cp run/recipe.toml run/environment.json empty
expect 2 "$aviary" curves empty
expect_text err 'empty has not trained an epoch yet, so it has no curves'
