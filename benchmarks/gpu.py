#!/usr/bin/env python3
"""Training on a GPU beside PyTorch's own loop: images per second, in turns within one run.

    benchmarks/gpu.py NETWORK SIZE BATCH [--build DIR] [--pictures DIR] [--rounds N] [--device D]

NETWORK is one of benchmarks/train_step.py. PyTorch has channels-last memory, autocast for bf16 and fp16 (with its gradient scaler) and
a fused SGD; "compiled" is torch.compile besides. Over random pictures that lie on the GPU; with --pictures, an image folder, also from
files with the deck's augmentation, on the CPU and on the device. Each figure is a process of its own.
"""
import argparse
import os
import subprocess
import sys

from end_to_end import trained
from train_step import CLASSES, compare, images_per_second, networks, settings_of


def measure(options):
    """Prints images per second of PyTorch."""
    import torch

    precision, compiled = options.measure.split("+") if "+" in options.measure else (options.measure, None)
    device = torch.device(options.device)
    torch.backends.cudnn.benchmark = True
    model = networks()[options.network]().to(device, memory_format=torch.channels_last)
    images = torch.randn(options.batch, 3, options.size, options.size, device=device).to(memory_format=torch.channels_last)
    labels = torch.randint(CLASSES, (options.batch,), device=device)
    fused = {"fused": True} if device.type == "cuda" else {}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, **fused)
    loss_of = torch.nn.CrossEntropyLoss()
    number_type = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    scaler = torch.cuda.amp.GradScaler(enabled=precision == "fp16")
    forward = torch.compile(model) if compiled else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, number_type, enabled=precision != "fp32"):
            loss = loss_of(forward(images).float(), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        loss.item()

    print(images_per_second(options.batch, step))


def figure(command):
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def pytorch(options, mode):
    command = [sys.executable, __file__, options.network, str(options.size), str(options.batch), "--device", options.device]
    return figure([*command, "--measure", mode])


def aviary(options, precision, *settings):
    return figure([options.build + "/bin/train_step", options.device, "benchmarks/networks.toml",
                   *settings_of(options.network, options.size, options.batch), "training.precision=" + precision, *settings])


def from_files(options, precision, augment_on):
    settings = [f"data.image_size={options.size}", f"data.batch_size={options.batch}", f'data.augment_on="{augment_on}"']
    words = ["--epochs", "3", "--device", options.device, "--workers", str(os.cpu_count())]
    return trained(options.network, options.pictures, precision, settings, words, options.build)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("size", type=int)
    parser.add_argument("batch", type=int)
    parser.add_argument("--build", default="build")
    parser.add_argument("--pictures")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--measure")
    options = parser.parse_args()
    if options.measure:
        return measure(options)
    precisions = ["fp32", "bf16"] if options.device == "cpu" else ["fp32", "bf16", "fp16"]
    kinds = {}
    for mode in [*precisions, "bf16+compiled"]:
        kinds["PyTorch " + mode] = lambda mode=mode: pytorch(options, mode)
    for precision in precisions:
        kinds["aviary " + precision] = lambda precision=precision: aviary(options, precision)
    if options.device != "cpu":
        kinds["aviary bf16, cuda_graph"] = lambda: aviary(options, "bf16", "training.cuda_graph=true")
    compare(f"{options.network}, {options.size} px, batch {options.batch}", kinds, options.rounds)
    if options.pictures:
        for augment_on in ["cpu", "device"]:
            print(f"aviary from files, bf16, augmented on {augment_on}: {from_files(options, 'bf16', augment_on):.1f} images/s")


if __name__ == "__main__":
    main()
