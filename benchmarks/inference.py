#!/usr/bin/python3
"""Predictions beside PyTorch's: pictures per second of a network in evaluation mode, in turns within one run.

    script/build benchmarks && benchmarks/inference.py NETWORK SIZE BATCH [ROUNDS]

Networks and settings are those of train_step.py. "frozen" is what PyTorch makes for inference: traced, frozen and optimized
(torch.jit), with channels-last memory and kept memory.
"""
import os
import sys

from train_step import KEPT, compare, images_per_second, networks, run, settings_of


def measure(network, size, batch, mode):
    """Prints pictures per second of PyTorch."""
    import torch

    torch.set_num_threads(os.cpu_count())
    memory = torch.contiguous_format if mode == "as it comes" else torch.channels_last
    model = networks()[network]().to(memory_format=memory).eval()
    images = torch.randn(batch, 3, size, size).to(memory_format=memory)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=mode == "bf16"):
        if mode == "frozen":
            model = torch.jit.optimize_for_inference(torch.jit.trace(model, images))
        print(images_per_second(batch, lambda: model(images).float().sum().item()))


def main():
    network, size, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    peer = lambda mode: [sys.executable, __file__, "--measure", network, str(size), str(batch), mode]
    own = ["build/bin/inference", "benchmarks/networks.toml", *settings_of(network, size, batch)]
    kinds = {
        "PyTorch as it comes": lambda: run(peer("as it comes"))[0],
        "PyTorch tuned fp32": lambda: run(peer("fp32"))[0],
        "PyTorch tuned bf16": lambda: run(peer("bf16"))[0],
        "PyTorch kept fp32": lambda: run(peer("fp32"), **KEPT)[0],
        "PyTorch kept bf16": lambda: run(peer("bf16"), **KEPT)[0],
        "PyTorch frozen": lambda: run(peer("frozen"), **KEPT)[0],
        "aviary fp32": lambda: run(own)[0],
        "aviary bf16": lambda: run([*own, "training.precision=bf16"])[0],
    }
    compare(f"{network}, {size} px, batch {batch}", kinds, rounds)


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        main()
