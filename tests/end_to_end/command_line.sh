#!/usr/bin/env bash
# Exit codes and the shape of messages.
source "$(dirname "$0")/outside.sh"

cat >typo.toml <<'TOML'
[data]
path = "nowhere"

[model]
type = "wide_resnet"

[optimizer]
type = "sgd"
lr = 0.1
momentun = 0.9
TOML
sed /momentun/d typo.toml >no_data.toml

expect 0 "$aviary" --help
expect 0 "$aviary" train --help
expect_text out --set
expect 0 "$aviary" --version
expect 2 "$aviary" train no_data.toml --no-such-option
expect_text err --no-such-option
expect 2 "$aviary" train no_such_recipe
expect_text err 'no recipe no_such_recipe'

# A wrong command line is answered with one sentence.
refused() {  # SENTENCE WORD...
  local sentence=$1
  shift
  expect 2 "$aviary" "$@"
  [ "$(cat err)" = "aviary: $sentence" ] || fail "$(cat err)"
}
refused 'there is no command aviary trian; did you mean train? (aviary --help shows what there is)' trian no_data.toml
refused 'expected a command after aviary weights: show, convert, export (aviary weights --help shows what there is)' weights
refused "RECIPE is missing; expected a recipe's file, or its name below recipes/ (aviary train --help shows what there is)" train
refused 'aviary train has no option --epoch; did you mean --epochs? (aviary train --help shows what there is)' \
  train no_data.toml --epoch 3
refused 'aviary train does not expect more; it takes RECIPE (aviary train --help shows what there is)' train no_data.toml more
refused "--seed x is no number that it takes; expected N: start of every random draw, over the recipe's (aviary train --help shows \
what there is)" train no_data.toml --seed x
refused "the value of --seed is missing; expected N: start of every random draw, over the recipe's (aviary train --help shows what \
there is)" train no_data.toml --seed
refused '--seed is given 2 times; expected once (aviary train --help shows what there is)' train no_data.toml --seed 1 --seed 2
refused '--color red is none of auto, always, never (aviary train --help shows what there is)' train no_data.toml --color red
refused '. is a folder; expected a recipe, such as a .toml file in it' train .

# What is too wide for a table goes on below, or stands on a line of its own.
for number in 1 2 3 4 5; do cp no_data.toml "a_recipe_with_quite_a_long_name_$number.toml"; done
expect 0 "$aviary" recipe rates a_recipe_with_*.toml --epochs 2 --plot rates.svg
! grep -E '.{81}' out || fail "wider than 80 columns"
[ "$(grep -c '^epoch' out)" -eq 3 ] || fail "$(cat out)"
for command in list 'describe sam' 'describe shift_scale_rotate'; do
  expect 0 "$aviary" plugins $command
  ! grep -vF "$prefix" out | grep -E '.{81}' || fail "wider than 80 columns: plugins $command"
done

expect 2 "$aviary" train typo.toml
[ "$(cat err)" = 'typo.toml:10:1: unknown key optimizer.momentun; did you mean momentum?' ] || fail "$(cat err)"
[ ! -s out ] || fail "on standard output: $(cat out)"
expect 2 "$aviary" train no_data.toml --set optimizer.momentum=1.5
[ "$(cat err)" = '--set optimizer.momentum: optimizer.momentum is 1.5; expected 0 to below 1 (0.9 is usual)' ] || fail "$(cat err)"

expect 1 "$aviary" train no_data.toml
expect_text err 'which does not exist; correct it, or bring the data there'
[ ! -e runs ] || fail "a run folder was made"

# What a model costs is told without data, within 80 columns.
expect 1 "$aviary" summary no_data.toml
expect_text err 'which does not exist'
expect 0 "$aviary" summary no_data.toml --set data.classes=1000 --set data.image_size=32 --set model.depth=10 --set model.width=10
awk 'length > 80 { exit 1 }' out || fail "wider than 80 columns: $(cat out)"
expect_text out 'parameters     8,069,944'
expect 0 "$aviary" summary no_data.toml --set 'data.class_names=["a", "b"]' --set data.image_size=8 --json
expect_text out '{"parameters":2746834,'
expect_text out '"layers":[{"name":"f.0_convolution","type":"conv","output":[16,8,8],"parameters":432,"multiply_adds":27648},'
expect 2 "$aviary" fit no_data.toml --set data.classes=2 --set data.image_size=8 --vary model.width
expect_text err 'the recipe has no [limits] parameters; expected that, or --parameters N'
expect 0 "$aviary" fit no_data.toml --set data.classes=2 --set data.image_size=8 --vary model.width --parameters 3000000 --json
expect_text out '{"values":{"model.width":4},"parameters":2746834,"multiply_adds":'
expect_text out '"next":{"values":{"model.width":5},"parameters":'

# So are the learning rates.
expect 0 "$aviary" recipe rates no_data.toml --set scheduler.type=cosine --epochs 2 --json
[ "$(cat out)" = '{"recipes":[{"recipe":"no_data","rates":[0.1,0.05]}]}' ] || fail "$(cat out)"
expect 0 "$aviary" recipe rates no_data.toml --plot rates.png
[ "$(head -c 4 rates.png | tail -c 3)" = PNG ] || fail "rates.png is no PNG"
expect 2 "$aviary" recipe rates no_data.toml --plot rates.gif
expect_text err '--plot: expected a file that ends in .svg or .png, not rates.gif'

# lr-find trains and writes nothing.
draw_pictures
sed 's/nowhere/pictures/; /^path/a image_size = 8\nbatch_size = 8' no_data.toml >small.toml
before=$(find . | sort)
expect 0 "$aviary" lr-find small.toml --steps 12 --threads 1
expect_text out 'suggestion'
expect 0 "$aviary" lr-find small.toml --steps 12 --threads 1 --to 0.1 --csv --precision bf16
[ "$(wc -l <out)" -eq 13 ] || fail "$(cat out)"
[ "$(find . | sort)" = "$before" ] || fail "lr-find wrote $(find . -newer small.toml)"
expect 2 "$aviary" lr-find small.toml --from 1 --to 0.1
expect_text err '--from 1 is not below --to 0.1'
expect 2 "$aviary" lr-find small.toml --precision fp8
expect_text err '--set training.precision'

expect 2 "$aviary" lr-find small.toml --device gpu
expect_text err '--device gpu: expected auto, cpu, cuda or cuda:N'
expect 2 "$aviary" lr-find small.toml --precision fp16 --device cpu
expect_text err 'training.precision is "fp16", which trains on a GPU only'

# So does a profile of the steps.
expect 0 "$aviary" train small.toml --profile
awk 'length > 80 { exit 1 }' out || fail "wider than 80 columns: $(cat out)"
expect_text out 'batch norm, backward'
[ "$(find . | sort)" = "$before" ] || fail "a profile wrote $(find . -newer small.toml)"

# A GPU that is to augment, and is not there, is missed before anything is written; the recipe itself is right.
if ! nvidia-smi -L >/dev/null 2>&1; then
  expect 2 "$aviary" train small.toml --set data.augment_on=device --run no_gpu
  expect_text err 'data.augment_on is "device", but t'
  expect_text err '; set it to "cpu"'
  [ "$(find . | sort)" = "$before" ] || fail "was written: $(find . -newer small.toml)"
  expect 0 "$aviary" recipe show small.toml --set data.augment_on=device
fi

# A precision that is left open is settled when the run is created.
expect 0 "$aviary" train small.toml --precision auto --epochs 1 --run settled --quiet
grep -Eq '^precision += "(fp32|bf16)"' settled/recipe.toml || fail "$(cat settled/recipe.toml)"
expect 2 "$aviary" resume settled --epochs 2 --precision auto
expect_text err 'is settled when a run is created'

# A sheet of training pictures.
sed '$a [[augment]]\ntype = "rotate"\nlimit = 30\n[[augment]]\ntype = "vertical_flip"' small.toml >augmented.toml
expect 0 "$aviary" preview augmented.toml --pictures 3 --draws 5 --json
[ "$(cat out)" = '{"file":"preview.png","pictures":3,"columns":6}' ] || fail "$(cat out)"
[ "$(head -c 4 preview.png | tail -c 3)" = PNG ] || fail "preview.png is no PNG"
expect 0 "$aviary" preview augmented.toml --each --out each.png
expect_text out 'each.png: 4 pictures, each as it is and through each of 2 augmentations alone'
expect 2 "$aviary" preview augmented.toml --out each.jpg
expect_text err '--out each.jpg: expected a file that ends in .png'

# --json: one object on standard output, nothing on standard error.
expect 2 "$aviary" train typo.toml --json
[ "$(wc -l <out)" -eq 1 ] || fail "$(cat out)"
[ ! -s err ] || fail "$(cat err)"
expect_text out '{"error":{"file":"typo.toml","line":10,"column":1,'
expect_text out '"errors":[{"file":"typo.toml"'
expect 1 "$aviary" --json train no_data.toml
expect_text out '{"error":{'

# A pipe gets one line an epoch, without escape codes.
draw_pictures
sed -i 's/nowhere/pictures/; s/\[model\]/image_size = 8\nbatch_size = 8\n\n[model]/; s/"wide_resnet"/"wide_resnet"\ndepth = 10\nwidth = 1/' no_data.toml
expect 0 "$aviary" train no_data.toml --epochs 2 --run run --threads 1
[ "$(grep -c '^epoch [12]/2  train ' err)" -eq 2 ] || fail "$(cat err)"
! grep -qP '\x1b|\r' out err || fail "escape codes: $(cat -v err)"
expect 2 "$aviary" train no_data.toml --run run
expect_text err 'go on with the run that is there: aviary resume run'
expect 2 "$aviary" resume run
expect_text err 'there is nothing to go on with'
expect 0 "$aviary" --json --quiet evaluate run
expect_text out '"top1":'

# Weights: a table that fits 80 columns, JSON with nothing beside it, and no file where the name is wrong.
weights=run/checkpoints/last/model.safetensors
expect 0 "$aviary" weights show "$weights"
! grep -qE '.{81}' out || fail "wider than 80 columns: $(grep -E '.{81}' out)"
expect 0 "$aviary" weights show "$weights" --json
expect_text out '{"format":"safetensors","metadata":{"classes":'
expect_text out '"tensors":[{"name":"f.0_convolution.weight","dtype":"float32","shape":[16,3,3,3],"values":432,"buffer":false}'
expect 0 "$aviary" weights convert "$weights" weights.pt --json
expect_text out '{"file":"weights.pt","format":"PyTorch","tensors":47,'
expect_text out '"metadata_left_out":["classes",'
[ ! -s err ] || fail "$(cat err)"
expect 2 "$aviary" weights convert "$weights" weights.bin
[ ! -e weights.bin ] || fail "weights.bin was written"
expect 1 "$aviary" weights show typo.toml
expect_text err 'cannot read typo.toml: it is neither a safetensors file nor one that torch.save wrote'
