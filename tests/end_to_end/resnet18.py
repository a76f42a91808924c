"""Compares resnet18 with torchvision's: resnet18.py AVIARY, in an empty folder."""
import json
import pathlib
import subprocess
import sys

import torch
import torchvision

aviary = sys.argv[1]
classes = ["left", "right"]
mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)

recipe = """
[data]
path = "pictures"
image_size = 32
batch_size = 8

[model]
type = "resnet"
weights = "start.pth"

[optimizer]
type = "sgd"
lr = 0.1
weight_decay = 0.01

[training]
epochs = 1
"""


def run(*arguments):
    result = subprocess.run([aviary, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def draw():
    """Eight pictures of noise, as PPM files."""
    pictures = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    files = []
    for number, picture in enumerate(pictures):
        file = pathlib.Path("pictures/train", classes[number % 2], f"{number}.ppm")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"P6 32 32 255\n" + bytes(picture.permute(1, 2, 0).reshape(-1).tolist()))
        files.append(str(file))
    return files, (pictures / 255 - mean) / std, torch.arange(8) % 2


def compare_logits(model, files, images):
    model.eval()
    with torch.no_grad():
        expected = model(images)
    lines = run("predict", "resnet18.toml", *files, "--weights", "start.pth", "--logits", "--json").splitlines()
    found = torch.tensor([json.loads(line)["logits"] for line in lines])
    difference = (found - expected).abs().max().item()
    print(f"largest difference of logits: {difference:.2g}")
    assert difference < 1e-4, (found, expected)


def difference_after_step(model, images, labels, name):
    """The largest of all parameters and statistics."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01)
    torch.nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()
    run("train", "resnet18.toml", "--run", name, "--quiet", "--threads", "1")
    run("weights", "convert", f"{name}/checkpoints/last/model.safetensors", f"{name}.pt")
    state = torch.load(f"{name}.pt")
    assert state.keys() == model.state_dict().keys()
    return max((state[key] - tensor).abs().max().item() for key, tensor in model.state_dict().items())


# Sums in another order can flip a ReLU, and its gradient with it, among a hundred thousand: that happens with some draws of pictures
# and weights, and what is wrong with all. One thread on both sides, since more would add in other orders still.
torch.set_num_threads(1)
pathlib.Path("resnet18.toml").write_text(recipe)
for seed in range(6):
    torch.manual_seed(seed)
    files, images, labels = draw()
    model = torchvision.models.resnet18(num_classes=2)
    torch.save(model.state_dict(), "start.pth")
    compare_logits(model, files, images)
    difference = difference_after_step(model, images, labels, f"run-{seed}")
    print(f"largest difference after a step: {difference:.2g}")
    if difference < 1e-5:
        break
else:
    raise AssertionError("a step differs with every draw")
