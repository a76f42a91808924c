#!/usr/bin/python3
"""Training steps beside PyTorch's: images per second and peak memory, in turns within one run.

    script/build benchmarks && benchmarks/train_step.py NETWORK SIZE BATCH [ROUNDS]

NETWORK is efficientnet, rexnet, mobilevit, resnet or wide_resnet: torchvision's, or plain torch code with the same number of
parameters (Debian's python3-torch and python3-torchvision). PyTorch "as it comes" is a plain loop with a thread for each core,
"tuned" has channels-last memory besides, in fp32 or bf16 autocast, and "kept" also keeps glibc from returning memory to the
system, as Aviary does. Each figure is a process of its own, over random pictures.
"""
import os
import statistics
import subprocess
import sys
import time

CLASSES = 400
KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1"}  # glibc keeps freed memory
SETTINGS = {
    "efficientnet": ['variant="b0"'],
    "rexnet": ["width_mult=1.12"],
    "mobilevit": ['variant="xs"'],
    "resnet": ["channels=[84, 126, 189, 284]"],
    "wide_resnet": ["extra_unit=true", "width=4"],
}
PARAMETERS = {"efficientnet": 4519948, "rexnet": 4967719, "mobilevit": 2086848, "resnet": 4838765, "wide_resnet": 4399200}


def networks():
    import math

    import torch
    import torchvision
    from torch import nn

    class Residual(nn.Module):
        """branch(x), plus the shortcut where there is one; then an activation."""

        def __init__(self, branch, shortcut=None, after=None, channels=None):
            super().__init__()
            self.branch, self.shortcut, self.after, self.channels = branch, shortcut, after, channels

        def forward(self, x):
            y = self.branch(x)
            if self.shortcut is not None:
                s = self.shortcut(x)
                y = y + s if s.shape == y.shape else torch.cat([y[:, : s.shape[1]] + s, y[:, s.shape[1] :]], dim=1)
            return self.after(y) if self.after else y

    def conv_norm(i, o, size=1, stride=1, groups=1, act=None):
        layers = [nn.Conv2d(i, o, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(o)]
        return nn.Sequential(*layers, *([act()] if act else []))

    class SqueezeExcite(nn.Module):
        def __init__(self, channels, hidden):
            super().__init__()
            self.net = nn.Sequential(
                nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, hidden, 1), nn.BatchNorm2d(hidden), nn.ReLU(True),
                nn.Conv2d(hidden, channels, 1), nn.Sigmoid())

        def forward(self, x):
            return x * self.net(x)

    class ReLU6(nn.Module):
        """nn.ReLU6 has no backward in bf16 on the CPU."""

        def forward(self, x):
            return x.clamp(0, 6)

    class LayerNorm(nn.LayerNorm):
        """PyTorch 1.13 has none of bf16 numbers with scales in fp32."""

        def forward(self, x):
            return super().forward(x.to(self.weight.dtype))

    def head(i):
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(i, CLASSES)]

    def rexnet(width):
        layers = [conv_norm(3, round(32 * width), 3, 2, act=nn.SiLU)]
        i = round(32 * width)
        number = 0
        for blocks, stride, expansion, squeeze in [(1, 1, 1, 0), (2, 2, 6, 0), (2, 2, 6, 1), (3, 2, 6, 1), (3, 1, 6, 1), (5, 2, 6, 1)]:
            for block in range(blocks):
                o = round((16 + 180 * number / 16) * width)
                number += 1
                inner = i * expansion
                s = stride if block == 0 else 1
                branch = [conv_norm(i, inner, act=nn.SiLU)] if expansion > 1 else []
                branch += [conv_norm(inner, inner, 3, s, inner)]
                branch += [SqueezeExcite(inner, inner // 12)] if squeeze else []
                branch += [ReLU6(), conv_norm(inner, o)]
                layers += [Residual(nn.Sequential(*branch), nn.Identity() if s == 1 and i <= o else None)]
                i = o
        return nn.Sequential(*layers, conv_norm(i, round(1280 * width), act=nn.SiLU), *head(round(1280 * width)))

    class Attention(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

        def forward(self, x):
            b, n, c = x.shape
            q, k, v = self.qkv(x).reshape(b, n, 3, 4, c // 4).permute(2, 0, 3, 1, 4)
            weights = (q * (c // 4) ** -0.5 @ k.transpose(2, 3)).softmax(-1)
            return self.proj((weights @ v).transpose(1, 2).reshape(b, n, c))

    class MobileVitBlock(nn.Module):
        def __init__(self, channels, inner, depth):
            super().__init__()
            self.local = nn.Sequential(conv_norm(channels, channels, 3, act=nn.SiLU), nn.Conv2d(channels, inner, 1, bias=False))
            blocks = []
            for _ in range(depth):
                mlp = [nn.Linear(inner, 2 * inner), nn.SiLU(), nn.Linear(2 * inner, inner)]
                blocks += [Residual(nn.Sequential(LayerNorm(inner), Attention(inner)), nn.Identity()),
                           Residual(nn.Sequential(LayerNorm(inner), *mlp), nn.Identity())]
            self.transformer = nn.Sequential(*blocks, LayerNorm(inner))
            self.project = conv_norm(inner, channels, act=nn.SiLU)
            self.fuse = conv_norm(2 * channels, channels, 3, act=nn.SiLU)

        def forward(self, x):
            y = self.local(x)
            b, c, height, width = y.shape
            h, w = math.ceil(height / 2), math.ceil(width / 2)
            resized = (2 * h, 2 * w) != (height, width)
            if resized:
                y = nn.functional.interpolate(y, (2 * h, 2 * w), mode="bilinear")
            y = y.reshape(b, c, h, 2, w, 2).permute(0, 3, 5, 2, 4, 1).reshape(4 * b, h * w, c)
            y = self.transformer(y)
            y = y.reshape(b, 2, 2, h, w, c).permute(0, 5, 3, 1, 4, 2).reshape(b, c, 2 * h, 2 * w)
            if resized:
                y = nn.functional.interpolate(y, (height, width), mode="bilinear")
            return self.fuse(torch.cat([x, self.project(y)], dim=1))

    def mobilevit():
        def inverted(i, o, stride):
            branch = nn.Sequential(conv_norm(i, 4 * i, act=nn.SiLU), conv_norm(4 * i, 4 * i, 3, stride, 4 * i, act=nn.SiLU),
                                   conv_norm(4 * i, o))
            return Residual(branch, nn.Identity() if stride == 1 and i == o else None)

        layers = [conv_norm(3, 16, 3, 2, act=nn.SiLU), inverted(16, 32, 1), inverted(32, 48, 2), inverted(48, 48, 1),
                  inverted(48, 48, 1)]
        for i, o, inner, depth in [(48, 64, 96, 2), (64, 80, 120, 4), (80, 96, 144, 3)]:
            layers += [inverted(i, o, 2), MobileVitBlock(o, inner, depth)]
        return nn.Sequential(*layers, conv_norm(96, 384, act=nn.SiLU), *head(384))

    def resnet(channels):
        layers = [conv_norm(3, channels[0], 7, 2, act=nn.ReLU), nn.MaxPool2d(3, 2, 1)]
        i = channels[0]
        for stage, o in enumerate(channels):
            for block in range(2):
                stride = 2 if stage > 0 and block == 0 else 1
                branch = nn.Sequential(conv_norm(i, o, 3, stride, act=lambda: nn.ReLU(True)), conv_norm(o, o, 3))
                shortcut = conv_norm(i, o, 1, stride) if stride != 1 or i != o else nn.Identity()
                layers += [Residual(branch, shortcut, nn.ReLU(True))]
                i = o
        return nn.Sequential(*layers, *head(i))

    class WideUnit(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            self.norm = nn.Sequential(nn.BatchNorm2d(i), nn.ReLU(True))
            self.branch = nn.Sequential(conv_norm(i, o, 3, stride, act=lambda: nn.ReLU(True)), nn.Conv2d(o, o, 3, 1, 1, bias=False))
            self.shortcut = nn.Conv2d(i, o, 1, stride, bias=False) if stride != 1 or i != o else None

        def forward(self, x):
            y = self.norm(x)
            return self.branch(y) + (self.shortcut(y) if self.shortcut else x)

    def wide_resnet():
        layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False)]
        i = 16
        for group in range(3):
            for unit in range(3):
                layers += [WideUnit(i, 64 << group, 2 if group > 0 and unit == 0 else 1)]
                i = 64 << group
        return nn.Sequential(*layers, nn.BatchNorm2d(i), nn.ReLU(True), *head(i))

    return {
        "efficientnet": lambda: torchvision.models.efficientnet_b0(num_classes=CLASSES),
        "rexnet": lambda: rexnet(1.12),
        "mobilevit": mobilevit,
        "resnet": lambda: resnet([84, 126, 189, 284]),
        "wide_resnet": wide_resnet,
    }


def settings_of(network, size, batch):
    """Over benchmarks/networks.toml."""
    settings = [f"model.type={network}", f"data.image_size={size}", f"data.batch_size={batch}"]
    return settings + [f"model.{setting}" for setting in SETTINGS[network]]


def images_per_second(batch, step):
    """Of steps over so many images, once warm."""
    began = time.monotonic()
    for _ in range(5):
        step()
        if time.monotonic() - began > 15:
            break
    steps = 0
    began = time.monotonic()
    while time.monotonic() - began < 4:
        step()
        steps += 1
    return steps * batch / (time.monotonic() - began)


def measure(network, size, batch, mode):
    """Prints images per second of PyTorch."""
    import torch

    torch.set_num_threads(os.cpu_count())
    memory = torch.contiguous_format if mode == "as it comes" else torch.channels_last
    model = networks()[network]().to(memory_format=memory)
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == PARAMETERS[network], parameters
    images = torch.randn(batch, 3, size, size).to(memory_format=memory)
    labels = torch.randint(CLASSES, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "bf16"):
            loss = loss_of(model(images).float(), labels)
        loss.backward()
        optimizer.step()
        loss.item()

    print(images_per_second(batch, step))


def run(command, **environment):
    """Images per second and peak memory in MB of a process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "GLOG_minloglevel": "2", **environment})
    rate = float(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return rate, usage.ru_maxrss / 1024


def compare(title, kinds, rounds):
    """Measures all kinds in turns, and prints each beside the faster one of Aviary's; a kind that PyTorch cannot do is left out."""
    found = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, measure_kind in kinds.items():
            try:
                found[kind].append(measure_kind())
            except (subprocess.CalledProcessError, ValueError) as error:
                reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
                print(f"{kind}: failed: {reason}", file=sys.stderr)
    best = max(filter(found.get, ["aviary fp32", "aviary bf16"]), key=lambda kind: statistics.median(found[kind]))
    print(f"{title}, {rounds} rounds   images/s   {best} against it")
    for kind in filter(found.get, kinds):
        ratio = statistics.median(mine / other for mine, other in zip(found[best], found[kind]))
        print(f"{kind:24} {statistics.median(found[kind]):10.1f} {ratio:12.2f}")


def main():
    network, size, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    peer = [sys.executable, __file__, "--measure", network, str(size), str(batch)]
    own = ["build/bin/train_step", "cpu", "benchmarks/networks.toml", *settings_of(network, size, batch)]
    kinds = {"PyTorch as it comes": lambda: run([*peer, "as it comes"])}
    for mode in ["fp32", "bf16"]:
        kinds["PyTorch tuned " + mode] = lambda mode=mode: run([*peer, mode])
        kinds["PyTorch kept " + mode] = lambda mode=mode: run([*peer, mode], **KEPT)
        kinds["aviary " + mode] = lambda mode=mode: run([*own, "training.precision=" + mode])
    found = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, measure_kind in kinds.items():
            found[kind].append(measure_kind())
    median = lambda kind, which: statistics.median(each[which] for each in found[kind])
    faster = lambda who: max([f"{who} fp32", f"{who} bf16"], key=lambda kind: median(kind, 0))
    best = faster("aviary")

    def ratio(kind):
        return statistics.median(mine[0] / other[0] for mine, other in zip(found[best], found[kind]))

    print(f"{network}, {size} px, batch {batch}, {rounds} rounds   images/s   peak MB")
    for kind in kinds:
        print(f"{kind:40} {median(kind, 0):10.1f} {median(kind, 1):9.0f}")
    print(f"{best} is {ratio('PyTorch as it comes'):.2f} times PyTorch as it comes, {ratio(faster('PyTorch tuned')):.2f} times tuned, "
          f"{ratio(faster('PyTorch kept')):.2f} times kept; memory of kept: "
          + ", ".join(f"{median('aviary ' + mode, 1) / median('PyTorch kept ' + mode, 1):.2f} in {mode}" for mode in ["fp32", "bf16"]))


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        main()
