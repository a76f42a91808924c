#!/usr/bin/env bash
# What `aviary weights export` writes is loaded in Python, without Aviary, and gives the loss that `aviary evaluate` prints.
source "$(dirname "$0")/outside.sh"

find_python torch python3-torch

cat >small.toml <<'TOML'
[data]
path = "pictures"
image_size = 8
batch_size = 8

[model]
type = "wide_resnet"
depth = 10
width = 1
dropout = 0.1

[optimizer]
type = "sgd"
lr = 0.05

[training]
epochs = 2
TOML
draw_pictures
expect 0 "$aviary" train small.toml --run run --threads 1
expect 0 "$aviary" weights export run plain.ts
expect_text out 'N x 3 x 8 x 8, red, green and blue normalised as in training'
expect 0 "$aviary" weights export run/checkpoints/epoch-0001/model.safetensors first.ts
expect_text out 'epoch-0001'
expect 0 "$aviary" weights export run normalised.ts --normalise --json
expect_text out '"file":"normalised.ts","image_size":8,"normalised":true}'
expect 0 "$aviary" evaluate run --split validation --threads 1 --json

cat >compare.py <<'PYTHON'
import json, pathlib, torch

def picture(file):
    numbers = [int(word) for word in file.read_text().split()[1:]]
    return torch.tensor(numbers[3:], dtype=torch.float32).view(1, 8, 8).expand(3, 8, 8) / 255

def near(a, b):
    assert torch.allclose(a, b, atol=1e-5), (a, b)

files = {"classes": "", "preparation": ""}
plain = torch.jit.load("plain.ts", _extra_files=files)
normalised = torch.jit.load("normalised.ts")
classes = json.loads(files["classes"])
assert classes == ["left", "right"], classes
preparation = json.loads(files["preparation"])
mean, std = (torch.tensor(preparation[name]).view(3, 1, 1) for name in ("mean", "std"))

pictures, labels = [], []
for label, name in enumerate(classes):
    for file in sorted(pathlib.Path("pictures/valid", name).iterdir()):
        pictures.append(picture(file))
        labels.append(label)
images = torch.stack(pictures)
with torch.no_grad():
    logits = normalised(images)
    near(logits, plain((images - mean) / std))
    for count in (1, 3):
        near(normalised(images[:count]), logits[:count])
loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).item()
expected = json.load(open("out"))["loss"]
assert abs(loss - expected) < 1e-5, (loss, expected)

state = plain.state_dict()
assert state["f.0_convolution.weight"].shape == (16, 3, 3, 3), state.keys()
PYTHON
"$python" compare.py || fail "compare.py"

expect 1 "$aviary" weights export run no/such/folder/model.ts
expect_text err 'cannot write no/such/folder/model.ts'
