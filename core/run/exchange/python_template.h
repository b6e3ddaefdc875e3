#pragma once

namespace eq::run {

/// A module that pythonModel() fills in.
inline constexpr const char* kPythonModule =
    R"py("""A model that Equipoise trained, at step {step}, in plain PyTorch.

    outputs = load()(inputs)    # a tensor a task, by its name; inputs [N, *INPUT_SHAPE]
"""

import json
import math
import struct
from pathlib import Path

import torch
from torch import nn

WEIGHTS = Path(__file__).parent / {weights}
INPUT_SHAPE = {shape}

# Name, offset and scale: an input is (value - offset) / scale.
INPUTS = [
{inputs}]

# Name, kind, offset and scale: the output of a number is (value - offset) / scale.
TASKS = [
{tasks}]


def stored(name, layer):
    """A layer whose tensors stand in the file as model.NAME.weight and so on."""
    layer.stored = name
    return layer


class Residual(nn.Module):
    def __init__(self, branch, shortcut=None):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut or nn.Identity()

    def forward(self, x):
        return self.shortcut(x) + self.branch(x)


class Mean(nn.Module):
    """Over tokens [N, T, F] (dim 1) or places [N, F, ...] (dim 2)."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return x.mean(1) if self.dim == 1 else x.flatten(2).mean(2)


class Patches(nn.Module):
    """Images to their squares, [N, T, channels * side * side]."""

    def __init__(self, side):
        super().__init__()
        self.side = side

    def forward(self, x):
        return nn.functional.unfold(x, self.side, stride=self.side).transpose(1, 2)


class Positions(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(tokens, width))

    def forward(self, x):
        return x + self.positions


class Columns(nn.Module):
    """Numbers [N, columns] to tokens [N, columns, width]."""

    def __init__(self, columns, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(columns, width))
        self.bias = nn.Parameter(torch.zeros(columns, width))

    def forward(self, x):
        return x.unsqueeze(2) * self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, heads, form, query, key, value, output):
        super().__init__()
        self.heads, self.form = heads, form
        self.query, self.key, self.value, self.output = query, key, value, output

    def forward(self, x):
        q, k, v = (
            part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        if self.form == "softmax":
            mixed = (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).softmax(-1) @ v
        else:
            q, k = nn.functional.elu(q) + 1, nn.functional.elu(k) + 1
            mixed = q @ (k.transpose(2, 3) @ v) / (q @ k.sum(2).unsqueeze(3))
        return self.output(mixed.transpose(1, 2).flatten(2))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = {trunk}
        self.heads = nn.ModuleList(
            [
{heads}            ]
        )

    def forward(self, inputs):
        features = self.trunk(inputs)
        return {{task[0]: head(features) for task, head in zip(TASKS, self.heads)}}


def load(file=WEIGHTS):
    """The model with its weights, to predict: without dropout."""
    model = Model()
    with open(file, "rb") as opened:
        header = json.loads(opened.read(struct.unpack("<Q", opened.read(8))[0]))
        body = opened.read()
    with torch.no_grad():
        for module in model.modules():
            for key, parameter in module.named_parameters(recurse=False):
                tensor = header[f"model.{{module.stored}}.{{key}}"]
                begin, end = tensor["data_offsets"]
                if tensor["dtype"] != "F32" or tensor["shape"] != list(parameter.shape):
                    raise ValueError(f"{{file}}: another model's {{module.stored}}.{{key}}: {{tensor}}")
                values = torch.frombuffer(bytearray(body[begin:end]), dtype=torch.float32)
                parameter.copy_(values.reshape(parameter.shape))
    return model.eval()
)py";

}  // namespace eq::run
