#!/usr/bin/python3
"""Training from picture files beside PyTorch's, with the deck's augmentation: images per second, in turns within one run.

    script/build benchmarks && benchmarks/end_to_end.py NETWORK DIR [ROUNDS]

DIR is an image folder with train/. Each figure is a process of its own, from its first batch to its fortieth of 16 pictures at
224 px, decoded, augmented and trained on; PyTorch has torchvision's DataLoader with two workers. Networks and settings are those of
train_step.py.
"""
import os
import subprocess
import sys
import tempfile
import time

from train_step import CLASSES, KEPT, SETTINGS, compare, networks

BATCH, BATCHES = 16, 40


def half_the_time(transform):
    from torchvision import transforms

    return transforms.RandomApply([transform], 0.5)


def measure(network, folder, mode):
    """Prints images per second of PyTorch."""
    import torch
    import torchvision
    from torchvision import transforms

    torch.set_num_threads(os.cpu_count())
    memory = torch.contiguous_format if mode == "as it comes" else torch.channels_last
    bilinear = transforms.InterpolationMode.BILINEAR
    pictures = torchvision.datasets.ImageFolder(folder + "/train", transforms.Compose([
        transforms.Resize((224, 224)), transforms.RandomHorizontalFlip(),
        half_the_time(transforms.RandomRotation(30, bilinear)),
        half_the_time(transforms.RandomAffine(0, (0.15, 0.15), (0.85, 1.15), interpolation=bilinear)),
        half_the_time(transforms.ColorJitter(brightness=0.2, contrast=0.2)),
        transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]))
    loader = torch.utils.data.DataLoader(pictures, batch_size=BATCH, shuffle=True, num_workers=2)
    model = networks()[network]().to(memory_format=memory)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()
    seen = 0
    began = time.monotonic()
    for number, (images, labels) in enumerate(loader, start=1):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "bf16"):
            loss = loss_of(model(images.to(memory_format=memory)).float(), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        seen += len(labels)
        if number == BATCHES:
            break
    print(seen / (time.monotonic() - began))


def pytorch(network, folder, mode, **environment):
    command = [sys.executable, __file__, "--measure", network, folder, mode]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment}).stdout)


def trained(network, folder, precision, settings, options, build="build"):
    """Images per second of aviary train, in its last epoch."""
    model = ", ".join([f'type="{network}"', *SETTINGS[network]])
    settings = [f"model={{ {model} }}", f"data.classes={CLASSES}", "optimizer.momentum=0.9", "optimizer.lr=0.01",
                f"training.precision={precision}", *settings]
    with tempfile.TemporaryDirectory() as scratch:
        command = [build + "/bin/aviary", "train", "benchmarks/loader.toml", "--data", folder, "--run", scratch + "/run", *options,
                   "--quiet", *(word for s in settings for word in ["--set", s])]
        subprocess.run(command, check=True, capture_output=True)
        with open(scratch + "/run/metrics.csv") as metrics:
            return float(metrics.read().splitlines()[-1].rsplit(",", 1)[1])


def aviary(network, folder, precision):
    settings = [f"data.batch_size={BATCH}", 'data.cache="none"']
    return trained(network, folder, precision, settings, ["--epochs", "1", "--limit-batches", str(BATCHES)])


def main():
    network, folder = sys.argv[1], sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    kinds = {
        "PyTorch as it comes": lambda: pytorch(network, folder, "as it comes"),
        "PyTorch tuned fp32": lambda: pytorch(network, folder, "fp32"),
        "PyTorch tuned bf16": lambda: pytorch(network, folder, "bf16"),
        "PyTorch kept fp32": lambda: pytorch(network, folder, "fp32", **KEPT),
        "PyTorch kept bf16": lambda: pytorch(network, folder, "bf16", **KEPT),
        "aviary fp32": lambda: aviary(network, folder, "fp32"),
        "aviary bf16": lambda: aviary(network, folder, "bf16"),
    }
    compare(network, kinds, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(sys.argv[2], sys.argv[3], sys.argv[4])
    else:
        main()
