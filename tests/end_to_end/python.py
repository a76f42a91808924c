"""Exchanges weights between PyTorch and the program: python.py AVIARY, in an empty folder."""
import collections
import json
import os
import pathlib
import subprocess
import sys

import torch

aviary = sys.argv[1]


def weights(*arguments):
    return subprocess.run([aviary, "weights", *arguments], capture_output=True, text=True)


def convert(source, target):
    result = weights("convert", source, target)
    assert result.returncode == 0, result.stderr


def refusal(path):
    result = weights("show", path)
    assert result.returncode == 1 and not result.stdout, result
    return result.stderr


def read_safetensors(path):
    """From the format's description, with nothing of ours."""
    dtypes = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
              "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
    content = pathlib.Path(path).read_bytes()
    length = int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:8 + length]).items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.tensor(list(content[begin:end]), dtype=torch.uint8)
        tensors[name] = values.view(dtypes[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def same_bits(a, b):
    """NaN equals NaN, and -0 is not 0."""
    integers = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[a.element_size()]
    return torch.equal(*(each.detach().reshape(-1).view(integers) for each in (a, b)))


def check_same(found, expected):
    assert list(found) == list(expected), (list(found), list(expected))
    for name, tensor in expected.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape), name
        assert same_bits(found[name], tensor), name


def exchange(saved, expected=None, file="python.pt"):
    """What Python saved is read, and Python reads the same tensors from what is written then."""
    expected = expected or saved
    torch.save(saved, file)
    convert(file, "ours.safetensors")
    check_same(read_safetensors("ours.safetensors"), expected)
    for source, target in ((file, "ours.pth"), ("ours.safetensors", "back.pt")):
        convert(source, target)
        loaded = torch.load(target, weights_only=True)
        assert type(loaded) is collections.OrderedDict
        check_same(loaded, expected)
        check_same(torch.load(target), expected)
    assert pathlib.Path("ours.pth").read_bytes() == pathlib.Path("back.pt").read_bytes()


class Evil:
    def __reduce__(self):
        return os.system, ("touch ran",)


torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Flatten(), torch.nn.Linear(8, 4))
state = model.state_dict()
assert hasattr(state, "_metadata")
exchange(state)
exchange(state, file="가중치 1.0.pt")
exchange({"epoch": 3, "best": 0.5, "notes": [None, True, "text"], "state_dict": state}, state)
exchange({"model": state, "optimizer": torch.optim.Adam(model.parameters()).state_dict(), "epoch": 2**40}, state)
exchange(collections.OrderedDict((name, parameter) for name, parameter in model.named_parameters()))

base = torch.arange(24, dtype=torch.float32)
table = base.reshape(4, 6)
exchange({"table": table, "transposed": table.t(), "column": table[:, 2], "rows": table[1:3], "again": table,
          "empty": torch.empty(0, 3), "scalar": torch.tensor(2.5), "channels_last": base.reshape(1, 2, 3, 4).to(
              memory_format=torch.channels_last)})
exchange({str(dtype): torch.tensor([0, 1, 2, 100]).to(dtype) for dtype in (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool)})
exchange({"odd": torch.tensor([float("nan"), -0.0, float("inf"), 1e-45]), "": base[:1], "a\n\"b\"/..": base[:2], "🦜": base})
exchange({f"layer.{i}": torch.full((2,), i) for i in range(3000)})

torch.save({"x": base, "evil": Evil()}, "evil.pt")
assert 'holds "posix.system", which is not a plain tensor; nothing of it was run' in refusal("evil.pt")
assert not pathlib.Path("ran").exists()
torch.save(state, "old.pt", _use_new_zipfile_serialization=False)
assert "has the format of PyTorch before 1.6" in refusal("old.pt")
torch.jit.save(torch.jit.script(model), "script.pt")
assert "is a TorchScript program" in refusal("script.pt")
torch.save(model, "model.pt")
assert "holds \"torch.nn.modules.container.Sequential\", which is not a plain tensor" in refusal("model.pt")
torch.save({"x": torch.zeros(1).expand(1000)}, "expanded.pt")
assert "call contiguous() on it before torch.save" in refusal("expanded.pt")
torch.save({"x": torch.ones(2, dtype=torch.complex64)}, "complex.pt")
assert "torch.ComplexFloatStorage" in refusal("complex.pt")
print("PyTorch", torch.__version__)
