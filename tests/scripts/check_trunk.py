"""Trains trunks exported from Python with equipoise-cli and in PyTorch, and compares. See check-trunk."""

import json
import pathlib
import struct
import subprocess
import sys

import numpy
import torch
from torch import nn

cli, place = sys.argv[1], pathlib.Path(sys.argv[2])
torch.set_num_threads(1)
EXAMPLES, STEPS, RATE = 24, 3, 0.05


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(self.conv(x)) + self.shortcut(x))


class Trunk(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(1, 6), Block(6, 8))
        self.drop = nn.Dropout(0.0)
        self.frozen = nn.Linear(8, 5)
        for parameter in self.frozen.parameters():
            parameter.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.frozen(self.drop(self.blocks(x).mean((2, 3))))


class Tied(nn.Module):
    """One weight in two places."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64)
        self.second.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.tanh(self.first(x.flatten(1))))


def tensors_of(file: pathlib.Path) -> dict:
    data = file.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header, types = json.loads(data[8 : 8 + size]), {"F32": numpy.float32, "I64": numpy.int64}
    found = {}
    for name, one in header.items():
        if name.startswith("model.") and one["dtype"] in types:
            begin, end = (8 + size + at for at in one["data_offsets"])
            numbers = numpy.frombuffer(data[begin:end], types[one["dtype"]]).reshape(one["shape"])
            found[name[len("model.") :]] = torch.from_numpy(numbers.copy())
    return found


def run(experiment: dict, name: str, *arguments: str) -> pathlib.Path:
    file = place / f"{name}.json"
    file.write_text(json.dumps(experiment))
    command = [cli, "run", str(file), "--trust", "--quiet", "--out", str(place / "runs"), *arguments]
    return pathlib.Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1])


def checkpoint(folder: pathlib.Path, step: int) -> dict:
    return tensors_of(folder / "checkpoints" / f"step-{step:08d}.safetensors")


def trained_here(trunk, first: dict, inputs, targets, rate: float) -> dict:
    """The same steps in PyTorch, from the first checkpoint's heads on."""
    heads = {}
    for task in targets:
        layer = [key for key in first if key.startswith(f"head.{task}.") and key.endswith("weight")][0]
        heads[task] = [first[layer].clone().requires_grad_(), first[layer[:-6] + "bias"].clone().requires_grad_()]
    names = {parameter: name for name, parameter in trunk.named_parameters()}
    parameters = [p for p in names if p.requires_grad] + [p for pair in heads.values() for p in pair]
    optimizer = torch.optim.SGD(parameters, lr=rate)
    trunk.train()
    for _ in range(STEPS):
        z = trunk(inputs).flatten(1)
        loss = sum(((z @ w.T + b).squeeze(1) - targets[task]).square().mean() for task, (w, b) in heads.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = {f"trunk.{name}": tensor.detach() for name, tensor in trunk.state_dict().items()}
    return found


def compare(name: str, trunk, exported, shape: list, rate: float = RATE, tolerance: float = 1e-4) -> None:
    exported.save(str(place / f"{name}.pt"))
    generator = numpy.random.default_rng(5)
    x = generator.standard_normal([EXAMPLES, *shape], dtype=numpy.float32)
    y = {task: generator.standard_normal(EXAMPLES, dtype=numpy.float32) for task in ("left", "right")}
    numpy.savez(place / f"{name}.npz", x=x, **y)
    experiment = {
        "name": name,
        "data": {"id": "arrays", "path": f"{name}.npz", "scaling": "none", "validation": 0, "test": 0,
                 "inputs": ["x"], "targets": [{"array": task, "kind": "number"} for task in y]},
        "model": {"id": "torchscript_trunk", "path": f"{name}.pt"},
        "optimizer": {"id": "sgd", "lr": rate, "momentum": 0},
        "batch_size": EXAMPLES, "epochs": STEPS, "threads": 1, "checkpoint_every": 1, "keep": {"every": 1},
    }
    folder = run(experiment, name)
    first, last = checkpoint(folder, 0), checkpoint(folder, STEPS)
    for key, tensor in trunk.state_dict().items():
        if f"trunk.{key}" in first:
            assert torch.equal(first[f"trunk.{key}"], tensor), (name, key)
    expected = trained_here(trunk, first, torch.from_numpy(x), {task: torch.from_numpy(t) for task, t in y.items()}, rate)
    worst = 0.0
    for key, tensor in last.items():
        if key.startswith("trunk."):
            scale = max(1e-3, float(expected[key].abs().max()))
            worst = max(worst, float((tensor - expected[key]).abs().max()) / scale)
    assert worst < tolerance, (name, worst)
    assert any(not torch.equal(first[key], last[key]) for key in last if key.startswith("trunk."))
    # Ended after the first step and resumed.
    cut = run(experiment, name, "--steps", "1")
    subprocess.run([cli, "resume", str(cut), "--trust", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    again = checkpoint(cut, STEPS)
    assert again.keys() == last.keys() and all(torch.equal(again[key], last[key]) for key in last), name
    print(f"{name}: {len(last)} tensors, off by {worst:.1e} after {STEPS} steps")


torch.manual_seed(1)
trunk = Trunk()
compare("scripted", trunk, torch.jit.script(trunk), [1, 16, 16])
flat = nn.Sequential(nn.Linear(64, 32), nn.GELU(), nn.LayerNorm(32))
compare("traced", flat, torch.jit.trace(flat, torch.zeros(2, 64)), [64])
tied = Tied()
compare("tied", tied, torch.jit.script(tied), [64])
try:
    import torchvision
except ImportError:
    print("no torchvision: its ResNet-18 was not tried")
else:
    resnet = torchvision.models.resnet18(weights=None)
    resnet.fc = nn.Identity()
    # After one step they agree to 3e-6; a deep network makes more of the last digits with each further one.
    compare("resnet18", resnet, torch.jit.script(resnet), [3, 48, 48], 1e-4, 1e-3)
