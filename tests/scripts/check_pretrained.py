"""Compares networks that begin with Python's weights with Python's own. See check-pretrained."""

import json
import pathlib
import struct
import subprocess
import sys

import numpy
import torch
import torchvision
from safetensors.torch import save_file

cli, place = sys.argv[1], pathlib.Path(sys.argv[2])
torch.set_num_threads(2)
EXAMPLES, OUTPUTS, TOLERANCE, RATE = 3, 16, 1e-5, 0.01


def tensors_of(file: pathlib.Path) -> dict:
    data = file.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    found = {}
    for name, one in json.loads(data[8 : 8 + size]).items():
        if name.startswith("model."):
            begin, end = (8 + size + at for at in one["data_offsets"])
            numbers = numpy.frombuffer(data[begin:end], numpy.float32).reshape(one["shape"])
            found[name[len("model.") :]] = torch.from_numpy(numbers.copy())
    return found


def command(*arguments: str) -> str:
    return subprocess.run([cli, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def randomised(network: torch.nn.Module) -> torch.nn.Module:
    """Numbers as a trained network has them: nothing is 0 or 1, and outputs stay of size 1."""
    generator = torch.Generator().manual_seed(7)
    for name, values in network.state_dict().items():
        if name.endswith("running_var"):
            values.copy_(torch.rand(values.shape, generator=generator) + 0.5)
        elif values.is_floating_point() and (values.dim() < 2 or name.endswith(("token", "embed", "embedding"))):
            values.add_(torch.randn(values.shape, generator=generator), alpha=0.1)
    return network.eval()


def run(name: str, model: dict, init: dict, x, y) -> pathlib.Path:
    numpy.savez(place / f"{name}.npz", x=x.numpy(), y=y.numpy())
    experiment = {
        "name": name,
        "data": {"id": "arrays", "path": f"{name}.npz", "scaling": "none", "standardize_targets": False, "validation": 0, "test": 0,
                 "inputs": ["x"], "targets": [{"array": "y", "kind": "number"}]},
        "model": model, "init": init, "optimizer": {"id": "sgd", "lr": RATE, "momentum": 0},
        "batch_size": EXAMPLES, "epochs": 1, "threads": 2, "conflict": {"every": 0}, "keep": {"every": 1}, "checkpoint_every": 1,
    }
    file = place / f"{name}.json"
    file.write_text(json.dumps(experiment))
    return pathlib.Path(command("run", str(file), "--quiet", "--out", str(place / "runs")).split()[-1])


def outputs_of(folder: pathlib.Path, y) -> torch.Tensor:
    """At the first checkpoint, in the order of the targets: splits are drawn."""
    rows = json.loads(command("predictions", f"{folder}@0", "--split", "train", "--json"))["rows"]
    place_of = {tuple(target): place for place, target in enumerate(y.tolist())}
    rows.sort(key=lambda row: place_of[tuple(torch.tensor(row["target"]).tolist())])
    return torch.tensor([row["output"] for row in rows])


def head_in(tensors: dict):
    weight = [name for name in tensors if name.startswith("head.y.") and name.endswith("weight")][0]
    return tensors[weight], tensors[weight[: -len("weight")] + "bias"]


def note_of(folder: pathlib.Path) -> dict:
    events = json.loads(command("show", str(folder), "--json"))["events"]
    return [event["detail"] for event in events if event["text"].startswith("begins with ")][0]


def compare(name: str, network, features, model: dict, map: str, size: int, trains: bool = False) -> None:
    """features: the network below its last full layer."""
    save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, place / f"{name}.safetensors")
    generator = torch.Generator().manual_seed(3)
    x = torch.randn([EXAMPLES, 3, size, size], generator=generator)
    y = torch.randn([EXAMPLES, OUTPUTS], generator=generator)
    folder = run(name, model, {"file": f"{name}.safetensors", "map": map, "take": ["trunk.*"]}, x, y)
    first = tensors_of(folder / "checkpoints" / "step-00000000.safetensors")
    weight, bias = head_in(first)
    with torch.no_grad():
        expected = features(x) @ weight.T + bias
    found = outputs_of(folder, y)
    assert found.shape == expected.shape, (name, found.shape)
    worst = float((found - expected).abs().max() / expected.abs().max().clamp(min=1))
    assert worst < TOLERANCE, (name, worst)
    detail = note_of(folder)
    assert all(key.startswith("head.") for key in detail["kept"]), detail["kept"]
    unused = {key for key in detail["unused"] if not key.endswith("num_batches_tracked")}
    last = {key for key in network.state_dict() if key.split(".")[0] in ("fc", "head", "heads")}
    assert unused == last, (name, unused)
    print(f"{name}: {len(detail['taken'])} tensors taken, outputs off by {worst:.1e}", flush=True)
    if trains:
        compare_step(name, network, features, folder, (x, y), (weight, bias))


def compare_step(name: str, network, features, folder: pathlib.Path, data, head) -> None:
    """One step of both, with statistics that stay."""
    weight, bias = (tensor.clone().requires_grad_() for tensor in head)
    (features(data[0]) @ weight.T + bias - data[1]).square().mean().backward()
    last = tensors_of(folder / "checkpoints" / "step-00000001.safetensors")
    first = tensors_of(folder / "checkpoints" / "step-00000000.safetensors")
    worst, moved = 0.0, 0
    for key, parameter in network.named_parameters():
        if parameter.grad is None:
            continue
        step = RATE * parameter.grad
        found = first[f"trunk.{key}"] - last[f"trunk.{key}"]
        scale = max(float(step.abs().max()), float(parameter.detach().abs().max()) * 1e-5)
        worst, moved = max(worst, float((found - step).abs().max()) / scale), moved + 1
    assert moved > 0 and worst < 1e-2, (name, worst)
    for key in first:
        if "running_" in key:
            assert torch.equal(first[key], last[key]), key
    print(f"{name}: a step moves {moved} tensors as in Python, off by {worst:.1e} of its size", flush=True)


def without_last(network, name: str):
    def features(x):
        last = getattr(network, name)
        setattr(network, name, torch.nn.Identity())
        try:
            return network(x)
        finally:
            setattr(network, name, last)

    return features


def compare_logits() -> None:
    """A map of one's own, which brings the last layer as well."""
    network = randomised(torchvision.models.resnet18(num_classes=OUTPUTS))
    save_file(network.state_dict(), place / "logits.safetensors")
    rules = [{"ours": "trunk.*", "theirs": "*"}, {"ours": f"head.y.linear-{OUTPUTS}.*", "theirs": "fc.*"}]
    (place / "logits-map.json").write_text(json.dumps({"tensors": rules}))
    generator = torch.Generator().manual_seed(3)
    x = torch.randn([EXAMPLES, 3, 64, 64], generator=generator)
    y = torch.randn([EXAMPLES, OUTPUTS], generator=generator)
    folder = run("logits", {"id": "imagenet_resnet"}, {"file": "logits.safetensors", "map": "logits-map.json"}, x, y)
    with torch.no_grad():
        expected = network(x)
    worst = float((outputs_of(folder, y) - expected).abs().max() / expected.abs().max().clamp(min=1))
    assert worst < TOLERANCE and not note_of(folder)["kept"], worst
    print(f"logits: by a map of one's own, off by {worst:.1e}", flush=True)


torch.manual_seed(1)
bottlenecks = {"id": "imagenet_resnet", "block": "bottleneck", "blocks": [3, 4, 6, 3]}
for name, model, trains in (("resnet18", {"id": "imagenet_resnet"}, True),
                            ("resnet34", {"id": "imagenet_resnet", "blocks": [3, 4, 6, 3]}, False),
                            ("resnet50", bottlenecks, False)):
    network = randomised(getattr(torchvision.models, name)())
    compare(name, network, without_last(network, "fc"), model, "resnet-torchvision", 96, trains)
small = {"id": "vit", "patch": 8, "width": 48, "layers": 3, "attention_heads": 3}
network = torchvision.models.VisionTransformer(image_size=32, patch_size=8, num_layers=3, num_heads=3, hidden_dim=48, mlp_dim=192)
network = randomised(network)
compare("vit_torchvision", network, without_last(network, "heads"), small, "vit-torchvision", 32)
compare_logits()
try:
    import timm
except ImportError as error:
    print(f"skipped: timm's networks: {error}")
    sys.exit(0)
for name, model in (("vit_tiny_patch16_224", {"id": "vit"}), ("vit_small_patch16_224", {"id": "vit", "width": 384, "attention_heads": 6})):
    network = randomised(timm.create_model(name, pretrained=False))
    compare(name, network, without_last(network, "head"), model, "vit-timm", 224)
network = randomised(timm.create_model("resnet18", pretrained=False))
compare("timm_resnet18", network, without_last(network, "fc"), {"id": "imagenet_resnet"}, "resnet-torchvision", 96)
