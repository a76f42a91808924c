"""Draws the pictures of scores.sh, and compares what Aviary says of them with scikit-learn, NumPy and SciPy."""
import csv
import gzip
import json
import pathlib
import sys

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import binomtest
from sklearn.metrics import (confusion_matrix, f1_score, log_loss, precision_recall_fscore_support,
                             top_k_accuracy_score)

CLASSES = ["top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]


def draw():
    folder = pathlib.Path("/usr/share/datasets/fashion-mnist")
    images = np.frombuffer(gzip.open(folder / "t10k-images-idx3-ubyte.gz").read(), np.uint8, offset=16).reshape(-1, 28, 28)
    labels = np.frombuffer(gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    parts = [("pictures/train", 600), ("pictures/valid", 300), ("pictures/test", 300)]
    first = 0
    for part, count in parts:
        for index in range(first, first + count):
            # Some classes have fewer pictures than others, so that a mean over classes is not one over pictures.
            if labels[index] < 3 and index % 2:
                continue
            for root, pixels in [(part, images[index])] + ([("mirrored", images[index][:, ::-1])] if "test" in part else []):
                file = pathlib.Path(root) / CLASSES[labels[index]] / f"{index:04}.pgm"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(b"P5 28 28 255\n" + pixels.tobytes())
        first += count


def near(name, ours, theirs, tolerance=1e-9):
    assert np.allclose(ours, theirs, rtol=0, atol=tolerance), (name, ours, theirs)


def read_logits(file):
    names = sorted(CLASSES)
    rows = list(csv.DictReader(open(file)))
    logits = np.array([[float(row["logit of " + name]) for name in names] for row in rows])
    labels = np.array([names.index(pathlib.Path(row["file"]).parent.name) for row in rows])
    return rows, logits, labels


def calibration_error(probabilities, labels):
    sure = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bins = np.clip(np.ceil(sure * 15).astype(int) - 1, 0, 14)
    return sum(abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))


def loss_at(logits, labels, temperature):
    return -log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean()


def compare_one(number):
    ours = json.load(open(f"evaluate{number}.json"))
    rows, logits, labels = read_logits(f"logits{number}.csv")
    probabilities = softmax(logits, axis=1)
    predicted = probabilities.argmax(1)
    all_classes = range(len(CLASSES))
    right = int((predicted == labels).sum())
    assert ours["pictures"] == len(labels)
    near("top1", ours["top1"], right / len(labels))
    interval = binomtest(right, len(labels)).proportion_ci(method="wilson")
    near("interval", ours["top1_interval"], [interval.low, interval.high])
    near("top5", ours["top5"], top_k_accuracy_score(labels, probabilities, k=5, labels=all_classes))
    near("loss", ours["loss"], log_loss(labels, probabilities, labels=all_classes), 1e-6)
    near("macro F1", ours["macro_f1"], f1_score(labels, predicted, average="macro", labels=np.unique(labels), zero_division=0))
    near("weighted F1", ours["weighted_f1"], f1_score(labels, predicted, average="weighted", zero_division=0))
    assert abs(ours["macro_f1"] - ours["weighted_f1"]) > 1e-4, "the two would not be told apart"
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, labels=all_classes, zero_division=0)
    for name, theirs in [("precision", precision), ("recall", recall), ("f1", f1), ("pictures", support)]:
        near(name, [each[name] for each in ours["classes"]], theirs)
    matrix = confusion_matrix(labels, predicted, labels=all_classes)
    assert (np.array(ours["confusion"]) == matrix).all()
    mistakes = matrix - np.diag(np.diag(matrix))
    assert [pair["pictures"] for pair in ours["confused"]] == sorted(mistakes[mistakes > 0].ravel(), reverse=True)[:5]
    near("calibration", ours["calibration"]["error"], calibration_error(probabilities, labels), 1e-6)
    best = minimize_scalar(lambda log: loss_at(logits, labels, np.exp(log)), bounds=(-5, 5), method="bounded",
                           options={"xatol": 1e-10})
    near("temperature", ours["calibration"]["temperature"], np.exp(best.x), 1e-4)
    after = calibration_error(softmax(logits / ours["calibration"]["temperature"], axis=1), labels)
    near("calibration after", ours["calibration"]["error_after"], after, 1e-6)

    losses = -np.log(probabilities[np.arange(len(labels)), labels])
    wrong = np.sort(losses[predicted != labels])[::-1]
    near("worst", [each["loss"] for each in ours["worst"]], wrong[:5], 1e-5)
    pictures = {row["file"]: row for row in csv.DictReader(open(f"csv{number}/pictures.csv"))}
    for row, loss in zip(rows, losses):
        mine = pictures[row["file"].removeprefix("pictures/")]
        assert mine["predicted"] == row["class"]
        near("probability", float(mine["probability"]), float(row["probability"]), 1e-6)
        near("loss", float(mine["loss"]), loss, 1e-5)
    assert [row["class"] for row in csv.DictReader(open(f"csv{number}/classes.csv"))] == sorted(CLASSES)
    table = list(csv.reader(open(f"csv{number}/confusion.csv")))
    assert (np.array([row[1:] for row in table[1:]], dtype=int) == matrix).all()

    ranked = np.sort(probabilities, axis=1)[:, ::-1]
    for row, shares in zip(rows, ranked):
        columns = ["probability"] + [f"probability_{k}" for k in range(2, 11)]
        near("top", [float(row[column]) for column in columns], shares)


def compare_mean(name, file, tables):
    ours = json.load(open(file))
    labels = tables[0][1]
    mean = np.mean([softmax(logits, axis=1) for logits, _ in tables], axis=0)
    near(name + " top1", ours["top1"], (mean.argmax(1) == labels).mean())
    near(name + " loss", ours["loss"], log_loss(labels, mean, labels=range(len(CLASSES))), 1e-6)


def compare():
    compare_one(1)
    compare_one(2)
    tables = {name: read_logits(name + ".csv")[1:] for name in ("logits1", "logits2", "mirrored1")}
    compare_mean("two runs", "mean.json", [tables["logits1"], tables["logits2"]])
    compare_mean("flip", "flip.json", [tables["logits1"], tables["mirrored1"]])

    found = {how: json.load(open(f"validation_{how}.json")) for how in ("mean", "weighted", "greedy")}
    for how, result in found.items():
        near(how + " weights", sum(run["weight"] for run in result["runs"]), 1)
    singles = [run["loss"] for run in found["mean"]["runs"]]
    assert found["weighted"]["loss"] <= min([found["mean"]["loss"]] + singles) + 1e-5, found["weighted"]
    held_out = [read_logits(f"valid{number}.csv")[1:] for number in (1, 2)]
    labels = held_out[0][1]
    first, second = [softmax(logits, axis=1)[np.arange(len(labels)), labels] for logits, _ in held_out]
    best = minimize_scalar(lambda weight: -np.log(weight * first + (1 - weight) * second).mean(), bounds=(0, 1),
                           method="bounded", options={"xatol": 1e-10})
    near("loss of the likeliest weights", found["weighted"]["loss"], best.fun, 1e-5)
    picks = np.array([run["weight"] for run in found["greedy"]["runs"]]) * 50
    near("picks", picks, np.round(picks))


draw() if sys.argv[1] == "draw" else compare()
