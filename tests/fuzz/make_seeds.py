#!/usr/bin/env python3
"""Writes small files for the fuzzers to begin with: make_seeds.py FOLDER. Needs PyTorch (Debian: python3-torch)."""
import collections
import io
import json
import pathlib
import sys
import zipfile

import torch

folder = pathlib.Path(sys.argv[1])


def write(name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def safetensors(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


entry = {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}
write("safetensors/empty", safetensors({}))
write("safetensors/one", safetensors({"x": entry}, bytes(8)))
write("safetensors/metadata", safetensors({"__metadata__": {"classes": "[\"a\"]"}, "x": entry}, bytes(8)))
write("safetensors/two", safetensors({"x": entry, "y": {"dtype": "BOOL", "shape": [3], "data_offsets": [8, 11]}}, bytes(11)))
write("safetensors/none", safetensors({"x": {"dtype": "BF16", "shape": [0, 4], "data_offsets": [0, 0]}}))
write("safetensors/overlap", safetensors({"x": entry, "y": entry}, bytes(8)))
write("safetensors/cut", safetensors({"x": entry}, bytes(3)))

# The harness has one storage, "0", with four floats.
base = torch.arange(4, dtype=torch.float32).reshape(2, 2)
saved = {
    "one": {"x": base},
    "ordered": collections.OrderedDict(x=base, y=base.t()),
    "module": torch.nn.Linear(2, 2, bias=False).state_dict(),
    "parameter": {"x": torch.nn.Parameter(base)},
    "nested": {"state_dict": {"x": base[1:]}, "epoch": 3, "lr": 0.1, "notes": [None, True, 2**40, (1, "text")]},
    "empty": {"x": torch.empty(0, 3), "y": torch.tensor(1)},
    "mixed": {"x": base, "epoch": 3},
    "expanded": {"x": base[0, :1].expand(3)},
    "types": {"x": torch.zeros(2, dtype=torch.bfloat16), "y": torch.zeros(2, dtype=torch.bool)},
}
for name, content in saved.items():
    file = io.BytesIO()
    torch.save(content, file)
    write(f"pytorch/{name}.pt", file.getvalue())
    write(f"pytorch/{name}.pkl", zipfile.ZipFile(file).read("archive/data.pkl"))
for name, content in {"evil": print, "set": {1, 2}, "bytes": b"bytes"}.items():
    file = io.BytesIO()
    torch.save(content, file)
    write(f"pytorch/{name}.pkl", zipfile.ZipFile(file).read("archive/data.pkl"))
file = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Identity()), file)
write("pytorch/script.pt", file.getvalue())
file = io.BytesIO()
torch.save(saved["one"], file, _use_new_zipfile_serialization=False)
write("pytorch/old", file.getvalue())
