#!/usr/bin/env python3
"""The deck's table of augmentations: `aviary bench augment` beside what albumentations calls for each row, written as plain
OpenCV-Python and NumPy (reference: albumentations 1.3, functional, fixed parameters). One thread, the same pictures, in turns.

  benchmarks/augment.py build/bin/aviary FOLDER_OF_PICTURES [WIDTH HEIGHT]
"""
import json
import os
import random
import statistics
import subprocess
import sys
import time

import cv2
import numpy as np

cv2.setNumThreads(1)
ROUNDS = 5
SECONDS = 0.3
PICTURES = 200
noise = np.random.default_rng(1)


def table(function):
    values = np.arange(256, dtype=np.float32)
    return np.clip(function(values), 0, 255).astype(np.uint8)


def look_up(function):
    # As albumentations does it: the table is made anew for every picture.
    return lambda image: cv2.LUT(image, table(function))


def shift_rgb(image):
    # Equal shifts: one table on a view with one channel.
    height, width = image.shape[:2]
    return cv2.LUT(image.reshape(height, width * 3), table(lambda v: v + 100)).reshape(image.shape)


def affine(angle, scale, shift):
    def change(image):
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), angle, scale)
        matrix[0, 2] += shift * width
        matrix[1, 2] += shift * height
        return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return change


def shift_hsv(image):
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    values = np.arange(256, dtype=np.int16)
    hue = cv2.LUT(hue, np.mod(values + 20, 180).astype(np.uint8))
    saturation = cv2.LUT(saturation, np.clip(values + 20, 0, 255).astype(np.uint8))
    value = cv2.LUT(value, np.clip(values + 20, 0, 255).astype(np.uint8))
    return cv2.cvtColor(cv2.merge((hue, saturation, value)), cv2.COLOR_HSV2RGB)


def gamma(image):
    return cv2.LUT(image, ((np.arange(0, 256.0 / 255, 1.0 / 255) ** 0.5) * 255).astype(np.uint8))


def pad(image):
    high, wide = max(0, 512 - image.shape[0]), max(0, 512 - image.shape[1])
    return cv2.copyMakeBorder(image, high // 2, high - high // 2, wide // 2, wide - wide // 2, cv2.BORDER_REFLECT_101)


def crop(image):
    height, width = image.shape[:2]
    top, left = int((height - 64 + 1) * random.random()), int((width - 64 + 1) * random.random())
    return image[top:top + 64, left:left + 64]


def equalize(image):
    result = np.empty_like(image)
    for channel in range(3):
        result[..., channel] = cv2.equalizeHist(image[..., channel])
    return result


def multiply_elementwise(image):
    return np.clip(image * noise.uniform(0, 1, image.shape), 0, 255).astype(np.uint8)


def deck(image):
    """The deck's pipeline one after the other, each step drawn with a probability of one half."""
    if noise.random() < 0.5:
        image = cv2.flip(image, 1)
    if noise.random() < 0.5:
        image = affine(noise.uniform(-30, 30), 1, 0)(image)
    if noise.random() < 0.5:
        image = affine(0, 1 + noise.uniform(-0.15, 0.15), noise.uniform(-0.15, 0.15))(image)
    if noise.random() < 0.5:
        alpha, beta = 1 + noise.uniform(-0.2, 0.2), noise.uniform(-0.2, 0.2)
        image = look_up(lambda v: v * np.float32(alpha) + np.float32(beta * 255))(image)
    return cv2.resize(image, (224, 224))


PEER = {
    "HorizontalFlip": lambda image: cv2.flip(image, 1),
    "VerticalFlip": lambda image: np.ascontiguousarray(image[::-1, ...]),
    "Rotate": affine(-45, 1, 0),
    "ShiftScaleRotate": affine(-45, 2, 0.2),
    "Brightness": look_up(lambda v: v + np.float32(127.5)),
    "Contrast": look_up(lambda v: v * np.float32(1.5)),
    "BrightnessContrast": look_up(lambda v: v * np.float32(1.5) + np.float32(127.5)),
    "ShiftRGB": shift_rgb,
    "ShiftHSV": shift_hsv,
    "Gamma": gamma,
    "Grayscale": lambda image: cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
    "RandomCrop64": lambda image: np.ascontiguousarray(crop(image)),
    "PadToSize512": pad,
    "Resize512": lambda image: cv2.resize(image, (512, 512)),
    "RandomSizedCrop_64_512": lambda image: cv2.resize(crop(image), (512, 512)),
    "Equalize": equalize,
    "Multiply": look_up(lambda v: v * np.float32(1.5)),
    "MultiplyElementwise": multiply_elementwise,
    "Deck": deck,
}


def files_below(folder):
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith((".jpg", ".jpeg", ".png")):
                yield os.path.join(path, name)


def load(folder, size):
    pictures = []
    for file in files_below(folder):
        image = cv2.imread(file)
        if image is not None:
            pictures.append(cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), size, interpolation=cv2.INTER_CUBIC))
        if len(pictures) == PICTURES:
            return pictures
    return pictures


def measure(change, pictures):
    most = 0
    for _ in range(3):
        count, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < SECONDS / 3 or count == 0:
            for image in pictures:
                change(image)
            count += len(pictures)
        most = max(most, count / elapsed)
    return most


def main():
    aviary, folder = sys.argv[1:3]
    size = tuple(int(number) for number in sys.argv[3:5]) or (500, 375)
    pictures = load(folder, size)
    ours, peer = {name: [] for name in PEER}, {name: [] for name in PEER}
    for _ in range(ROUNDS):
        command = [aviary, "bench", "augment", folder, "--size", *map(str, size), "--pictures", str(PICTURES), "--json"]
        for name, speed in json.loads(subprocess.run(command, check=True, capture_output=True).stdout).items():
            ours[name].append(speed)
        for name, change in PEER.items():
            peer[name].append(measure(change, pictures))
    print(f"{f'images/s, {size[0]} x {size[1]}':<24}{'aviary':>10}{'peer':>10}{'ratio':>8}")
    ratios = []
    for name in PEER:
        mine, theirs = statistics.median(ours[name]), statistics.median(peer[name])
        if name != "Deck":
            ratios.append(mine / theirs)
        print(f"{name:<24}{mine:>10.0f}{theirs:>10.0f}{mine / theirs:>8.2f}")
    print(f"{'median of the 18 rows':<44}{statistics.median(ratios):>8.2f}")


main()
