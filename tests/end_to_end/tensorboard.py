#!/usr/bin/env python3
"""tensorboard.py RUN: reads RUN/tensorboard as TensorBoard does, with Python's own library alone, and compares it with
RUN/metrics.csv and RUN/recipe.toml.

Checks every checksum of the TFRecords; a record that is cut ends its file. Applies SessionLog START: what was said before of its
step and later ones is void, but for the first START of a run."""
import csv
import pathlib
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C


def records(data):
    while len(data) >= 12:
        length, check = struct.unpack("<QI", data[:12])
        assert check == masked(data[:8])
        if len(data) < length + 16:
            return
        body, (check,) = data[12 : 12 + length], struct.unpack("<I", data[12 + length : 16 + length])
        assert check == masked(body)
        yield body
        data = data[16 + length :]


def message(data):
    """Protobuf's wire format: a list of values for each field number."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            value = varint()
        else:
            size = {1: lambda: 8, 2: varint, 5: lambda: 4}[key & 7]()
            value = data[at : at + size]
            assert len(value) == size
            at += size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def events(run):
    for file in sorted(pathlib.Path(run, "tensorboard").iterdir()):
        assert "tfevents" in file.name
        first = True
        for record in records(file.read_bytes()):
            event = message(record)
            assert struct.unpack("<d", event[1][0])[0] > 1.6e9  # wall_time
            if first:
                assert event[3] == [b"brain.Event:2"], event
            first = False
            yield event.get(2, [0])[0], event


def series(run):
    """{tag: {step: (plugin, data class, tensor)}}"""
    tags, started = {}, False
    for step, event in events(run):
        if 7 in event and message(event[7][0])[1] == [1]:
            if started:
                for steps in tags.values():
                    for old in [s for s in steps if s >= step]:
                        del steps[old]
            started = True
        for value in message(event[5][0])[1] if 5 in event else []:
            value = message(value)
            metadata = message(value[9][0])
            plugin = message(metadata[1][0])[1][0].decode()
            steps = tags.setdefault(value[1][0].decode(), {})
            assert step not in steps, "%s has step %d twice" % (value[1][0], step)
            steps[step] = (plugin, metadata[4][0], message(value[8][0]))
    return tags


run = sys.argv[1]
tags = series(run)
columns = {"learning_rate": "learning_rate", "images_per_second": "images_per_second"}
columns.update({"%s/%s" % (score, part): "%s_%s" % (part, score)
                for part in ("train", "validation", "ema") for score in ("loss", "top1")})
rows = list(csv.DictReader(open(run + "/metrics.csv")))
assert rows
for tag, column in columns.items():
    expected = {int(row["epoch"]): row[column] for row in rows if row[column]}
    assert sorted(tags.get(tag, {})) == sorted(expected), (tag, sorted(tags.get(tag, {})), sorted(expected))
    for step, text in expected.items():
        plugin, data_class, tensor = tags[tag][step]
        assert (plugin, data_class, tensor[1]) == ("scalars", 1, [1]), tags[tag][step]
        assert message(tensor[2][0]) == {}  # a scalar's shape
        assert tensor[5] == [struct.pack("<f", float(text))], (tag, step, text, tensor[5])

texts = {step: tensor for step, (plugin, data_class, tensor) in tags["recipe"].items() if (plugin, data_class) == ("text", 2)}
pictures = {step: tensor for step, (plugin, data_class, tensor) in tags["training pictures"].items()
            if (plugin, data_class) == ("images", 3)}
assert texts and sorted(texts) == sorted(pictures)
settings = [line.split("  #")[0].rstrip() for line in open(run + "/recipe.toml")]
assert texts[max(texts)][8][0].decode().splitlines() == ["```toml"] + settings + ["```"]
for tensor in pictures.values():
    width, height, jpeg = tensor[8]
    assert tensor[1] == [7] and message(message(tensor[2][0])[2][0]) == {1: [3]}
    size_at = jpeg.index(b"\xff\xc0") + 5  # in the header of the frame
    assert jpeg[:2] == b"\xff\xd8" and struct.unpack(">HH", jpeg[size_at : size_at + 4]) == (int(height), int(width))
assert set(tags) - set(columns) == {"recipe", "training pictures"}, set(tags)
print("%s: %d epochs, begun at %s" % (run, len(rows), sorted(texts)))
