#!/usr/bin/env bash
# What aviary data tells of a folder, and how it ends.
source "$(dirname "$0")/outside.sh"

# Drawn pictures, and one of each fault.
draw_pictures
rm -r pictures/valid/left
mkdir -p pictures/valid/left 'pictures/test/right  side' 'pictures/train/right side'
cp pictures/train/right/1.pgm 'pictures/train/right side/copy.pgm'
printf 'P2 8 8 255 %s\n' "$(seq -s ' ' 0 3 190)" >pictures/valid/left/other.pgm
printf 'P2 8 8 255 %s\n' "$(seq -s ' ' 1 3 191)" >'pictures/test/right  side/nearly.pgm'
printf 'no picture' >$'pictures/train/left/new\nline.jpg'

expect 0 "$aviary" data pictures --image-size 8 --per-class
[ ! -s err ] || fail "$(cat err)"
! grep -qE '.{81}' out || fail "wider than 80 columns: $(grep -E '.{81}' out)"
expect_text out 'train       34        3        16      1 right side    17 left'
expect_text out '  train/left/new?line.jpg: it is no picture that can be decoded'
expect_text out '  the spellings "right  side" and "right side" are taken as one class,'
expect_text out '  train/right/1.pgm (right) = train/right side/copy.pgm (right side)'
expect_text out 'equal pictures of different classes: 1'
expect_text out ' test/right  side/nearly.pgm (right side) ~ valid/left/other.pgm (left)'
expect_text out 'image_size = 8'
grep -qE '^mean = \[0\.[0-9]{4}, 0\.[0-9]{4}, 0\.[0-9]{4}\]$' out || fail "$(cat out)"

# The recipe that it prints is one.
sed -n '/^\[data\]/,$p' out >printed.toml
printf '[model]\ntype = "wide_resnet"\n[optimizer]\ntype = "sgd"\nlr = 0.1\n' >>printed.toml
expect 0 "$aviary" recipe check printed.toml

expect 0 "$aviary" data pictures --json --threads 1
[ "$(wc -l <out)" -eq 1 ] || fail "$(cat out)"
[ ! -s err ] || fail "$(cat err)"
expect_text out '"bad":[{"file":"train/left/new\nline.jpg","split":"train","class":"left","reason":"it is no picture'
expect_text out '"different_splits":true,"different_classes":true}'

# Formats are recognised, or named.
printf 'filepaths,labels,data set\npictures/train/left/1.pgm,left,train\npictures/train/right/1.pgm,right,train\n' >birds.csv
expect 0 "$aviary" data . --json
expect_text out '"format":"csv","splits":[{"split":"train","pictures":2,'
expect 1 "$aviary" data pictures/valid
expect_text err 'pictures/valid is no data set; expected a folder that holds train/'
expect 1 "$aviary" data nowhere
expect 1 "$aviary" data pictures --format idx
expect_text err 'train-images-idx3-ubyte'
expect 2 "$aviary" data
expect 2 "$aviary" data pictures --image-size 0
expect 2 "$aviary" data pictures --format tar

# Ctrl-C: a second at least is needed for each of these.
for number in $(seq 100); do cp pictures/train/left/1.pgm "pictures/train/left/copy$number.pgm"; done
"$aviary" data pictures --image-size 4096 --threads 1 >stopped.out 2>stopped.err &
until [ $((0x$(awk '/^SigCgt/ { print $2 }' /proc/$!/status) & 2)) -ne 0 ]; do sleep 0.1; done  # before, it is ignored
kill -INT $!
code=0
wait $! || code=$?
[ "$code" -eq 130 ] || fail "exit code $code"
[ ! -s stopped.out ] || fail "$(cat stopped.out)"
