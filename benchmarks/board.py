#!/usr/bin/env python3
"""How long `aviary board` takes over many runs: benchmarks/board.py [COUNT [PROGRAM]]

COUNT run folders (default 5000) of 50 epochs are made from one that PROGRAM (default build/bin/aviary) trains, with every file but
the weights and the report. Their board is then shown five times; the first time after they were written, the files are in memory.
"""
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

EPOCHS = 50


def epochs_of(template, number):
    """The template's event for every epoch, with scores that rise to a height of the run's own."""
    draw = random.Random(number)
    height = draw.uniform(0.6, 0.98)
    best = 0.0
    for epoch in range(EPOCHS):
        event = dict(template, epoch=epoch, epochs=EPOCHS)
        for part, gap in (("train", 0.01), ("validation", 0.0)):
            top1 = min(1.0, (height + gap) * (1 - math.exp(-(epoch + 1) / 8)) + draw.gauss(0, 0.003))
            event[part] = dict(template[part], loss=-math.log(max(top1, 0.01)), top1=top1)
        event["best"] = event["validation"]["top1"] > best
        best = max(best, event["validation"]["top1"])
        for key in template:
            if key.endswith("seconds"):
                event[key] = template[key] * draw.uniform(0.9, 1.1)
        yield event


def make_runs(folder, real, count):
    events = [json.loads(line) for line in (real / "events.jsonl").read_text().splitlines()]
    started, template, ended = (
        next(event for event in events if event["event"] == name) for name in ("started", "epoch", "ended")
    )
    environment = json.loads((real / "environment.json").read_text())
    recipe = (real / "recipe.toml").read_text()
    header, row = (real / "metrics.csv").read_text().splitlines()[:2]
    for number in range(count):
        run = folder / f"recipe-{number % 40:02}" / f"run-{number:05}"
        (run / "checkpoints").mkdir(parents=True)
        environment["name"] = run.parent.name
        environment["recipe"]["training"]["seed"] = number
        (run / "environment.json").write_text(json.dumps(environment, indent=2))
        (run / "recipe.toml").write_text(recipe)
        (run / "metrics.csv").write_text("\n".join([header] + [row] * EPOCHS) + "\n")
        (run / ".lock").touch()
        (run / "report.html").touch()
        lines = [dict(started, epochs=EPOCHS), *epochs_of(template, number), dict(ended, epoch=EPOCHS)]
        (run / "events.jsonl").write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    aviary = sys.argv[2] if len(sys.argv) > 2 else "build/bin/aviary"
    with tempfile.TemporaryDirectory() as folder:
        real = pathlib.Path(folder) / "real"
        train = [aviary, "train", "demo/fashion-mnist", "--epochs", "1", "--limit-batches", "2", "--run", real, "--quiet"]
        subprocess.run(train, check=True)
        runs = pathlib.Path(folder) / "runs"
        make_runs(runs, real, count)
        size = sum(file.stat().st_size for file in runs.rglob("*") if file.is_file())
        print(f"{count} runs, {size / 1e6:.0f} MB")
        for options in [], ["--json"], ["--filter", "run-00042"]:
            seconds = []
            for _ in range(5):
                start = time.perf_counter()
                subprocess.run([aviary, "board", runs, *options], check=True, stdout=subprocess.DEVNULL)
                seconds.append(time.perf_counter() - start)
            print(f"{' '.join(['aviary board', *options]):42} {statistics.median(seconds):.2f} s")
        start = time.perf_counter()
        subprocess.run([aviary, "--version"], check=True, stdout=subprocess.DEVNULL)
        print(f"{'aviary --version':42} {time.perf_counter() - start:.2f} s")


main()
