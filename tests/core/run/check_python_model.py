"""Compares a module of pythonModel() with outputs of the program: check_python_model.py MODULE OUTPUTS ...

OUTPUTS is a file in the safetensors layout: inputs, and output.TASK.
"""

import importlib.util
import json
import struct
import sys

import torch


def tensors_of(path):
    with open(path, "rb") as opened:
        header = json.loads(opened.read(struct.unpack("<Q", opened.read(8))[0]))
        body = opened.read()
    header.pop("__metadata__")
    return {
        name: torch.frombuffer(
            bytearray(body[slice(*one["data_offsets"])]), dtype=torch.float32
        ).reshape(one["shape"])
        for name, one in header.items()
    }


for path, outputs in zip(sys.argv[1::2], sys.argv[2::2]):
    spec = importlib.util.spec_from_file_location("model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    expected = tensors_of(outputs)
    with torch.no_grad():
        found = module.load()(expected.pop("inputs"))
    assert len(found) == len(expected) > 0, (path, found.keys(), expected.keys())
    for task, output in found.items():
        wanted = expected[f"output.{task}"]
        assert output.shape == wanted.shape, (path, task, output.shape, wanted.shape)
        worst = ((output - wanted).abs() / (1 + wanted.abs())).max().item()
        assert worst < 1e-5, (path, task, worst)
        print(path, task, worst)
