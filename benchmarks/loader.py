#!/usr/bin/python3
"""How fast pictures are prepared, against torchvision's DataLoader (Debian's python3-torchvision): the same pictures, the deck's
augmentation (flip, rotation, shift and scale, brightness and contrast), two workers, in turns.

  benchmarks/loader.py DIR

DIR is an image folder with train/. Prints images per second, medians of the rounds. Started from the repository's root."""
import statistics
import subprocess
import sys
import time

import torch
import torchvision
from torchvision import transforms

torch.set_num_threads(1)
workers, rounds = 2, 3
bilinear = transforms.InterpolationMode.BILINEAR


def half_the_time(transform):
    return transforms.RandomApply([transform], 0.5)


prepared = torchvision.datasets.ImageFolder(sys.argv[1] + "/train", transforms.Compose([
    transforms.Resize((224, 224)), transforms.RandomHorizontalFlip(),
    half_the_time(transforms.RandomRotation(30, bilinear)),
    half_the_time(transforms.RandomAffine(0, (0.15, 0.15), (0.85, 1.15), interpolation=bilinear)),
    half_the_time(transforms.ColorJitter(brightness=0.2, contrast=0.2)),
    transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]))


def torchvision_images_per_second():
    loader = torch.utils.data.DataLoader(prepared, batch_size=32, shuffle=True, num_workers=workers)
    began = time.perf_counter()
    pictures = sum(len(labels) for images, labels in loader)
    return pictures / (time.perf_counter() - began)


figures = []
for _ in range(rounds):
    aviary = subprocess.run(["build/bin/loader", sys.argv[1], str(workers)], check=True, capture_output=True, text=True)
    figures.append([torchvision_images_per_second(), *map(float, aviary.stdout.split())])
print(f"{'images/s':20} {'median':>8} {'against torchvision':>20}")
for name, column in zip(["torchvision", "aviary, from files", "aviary, cached"], range(3)):
    ratio = statistics.median(row[column] / row[0] for row in figures)
    print(f"{name:20} {statistics.median(row[column] for row in figures):8.0f} {ratio:20.2f}")
