"""Times steps of TorchJD and LibMTL on the networks of `bench step`; started by bench-peers."""

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
import time
import types

import torch
import torchjd
from torch import nn

# Its models need a torchvision of long ago; the weightings alone are measured.
package = types.ModuleType("LibMTL")
package.__path__ = importlib.util.find_spec("LibMTL").submodule_search_locations
sys.modules["LibMTL"] = package
from LibMTL import weighting as libmtl  # noqa: E402
from LibMTL.weighting.abstract_weighting import AbsWeighting  # noqa: E402

CLASSES = 10
BATCHES = 16
# What both have; ours by the same id.
JD = {"mgda": "MGDA", "upgrad": "UPGrad", "pcgrad": "PCGrad", "cagrad": "CAGrad", "imtl_g": "IMTLG", "aligned_mtl": "AlignedMTL"}
MTL = {"mgda": "MGDA", "pcgrad": "PCGrad", "cagrad": "CAGrad", "imtl_g": "IMTL", "equal": "EW"}
# What LibMTL's methods want to be told, its own defaults.
SETTINGS = {"CAGrad": {"calpha": 0.5, "rescale": 1}, "MGDA": {"mgda_gn": "none"}}


class Residual(nn.Module):
    def __init__(self, branch, shortcut=nn.Identity()):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, inputs):
        return self.shortcut(inputs) + self.branch(inputs)


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, tokens):
        apart = lambda part: part(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
        mixed = nn.functional.scaled_dot_product_attention(apart(self.query), apart(self.key), apart(self.value))
        return self.output(mixed.transpose(1, 2).flatten(2))


class Tokens(nn.Module):
    """Squares of four pixels, embedded, each with what its place adds."""

    def __init__(self, width):
        super().__init__()
        self.embed, self.places = nn.Conv2d(1, width, 4, 4), nn.Parameter(torch.randn(49, width))

    def forward(self, images):
        return self.embed(images).flatten(2).transpose(1, 2) + self.places


class Mean(nn.Module):
    def __init__(self, over):
        super().__init__()
        self.over = over

    def forward(self, inputs):
        return inputs.mean(self.over)


def resnet_trunk():
    def branch(inputs, outputs, stride):
        return nn.Sequential(nn.GroupNorm(8, inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, 3, stride, 1),
                             nn.GroupNorm(8, outputs), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, 1, 1))

    return nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1), Residual(branch(16, 16, 1)), nn.ReLU(),
                         Residual(branch(16, 32, 2), nn.Conv2d(16, 32, 1, 2)), nn.ReLU(), Mean((2, 3)))


def transformer_trunk(width=32):
    layers = [Tokens(width)]
    for _ in range(2):
        layers += [Residual(nn.Sequential(nn.LayerNorm(width), SelfAttention(width, 4))),
                   Residual(nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)))]
    return nn.Sequential(*layers, nn.LayerNorm(width), Mean(1))


def trunk_of(model):
    """The trunk that `bench step` measures by this name, its width and the shape of an input."""
    if model == "mlp":
        return nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()), 512, (64,)
    if model == "resnet":
        return resnet_trunk(), 32, (1, 28, 28)
    if model == "transformer":
        return transformer_trunk(), 32, (1, 28, 28)
    layers = [nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 25, 128), nn.ReLU()), 128, (1, 28, 28)


class Subject:
    """A network with its batches, trained by a step of some library."""

    def __init__(self, model, tasks, batch):
        torch.manual_seed(0)
        self.trunk, width, shape = trunk_of(model)
        self.heads = nn.ModuleList(nn.Linear(width, CLASSES) for _ in range(tasks))
        self.inputs = torch.rand(BATCHES * batch, *shape)
        self.targets = torch.randint(0, CLASSES, (tasks, BATCHES * batch))
        self.adam = torch.optim.Adam([*self.trunk.parameters(), *self.heads.parameters()], lr=1e-3)
        self.batch, self.done = batch, 0

    def losses(self):
        rows = torch.arange(self.batch) + self.batch * (self.done % BATCHES)
        self.done += 1
        features = self.trunk(self.inputs.index_select(0, rows))
        return features, [nn.functional.cross_entropy(head(features), targets.index_select(0, rows))
                          for head, targets in zip(self.heads, self.targets)]

    def step(self):
        self.adam.zero_grad()
        sum(self.losses()[1]).backward()
        self.adam.step()


class JdSubject(Subject):
    def __init__(self, aggregator, *size):
        super().__init__(*size)
        self.aggregator = getattr(torchjd.aggregation, aggregator)() if aggregator != "CAGrad" else torchjd.aggregation.CAGrad(c=0.5)

    def step(self):
        self.adam.zero_grad()
        features, losses = self.losses()
        torchjd.autojac.mtl_backward(losses, features=features)
        torchjd.autojac.jac_to_grad(self.trunk.parameters(), self.aggregator)
        self.adam.step()


class MtlSubject(Subject):
    def __init__(self, method, *size):
        super().__init__(*size)
        subject = self

        class Weighting(getattr(libmtl, method)):
            """The method with what LibMTL's trainer would give it."""

            def __init__(self):
                AbsWeighting.__init__(self)
                self.task_num, self.task_name = len(subject.heads), [str(k) for k in range(len(subject.heads))]
                self.device, self.rep_grad, self.epoch = torch.device("cpu"), False, 0
                self.init_param()

            def get_share_params(self):
                return subject.trunk.parameters()

            def zero_grad_share_params(self):
                subject.trunk.zero_grad(set_to_none=False)

        self.method, self.settings = Weighting(), SETTINGS.get(method, {})

    def step(self):
        self.adam.zero_grad(set_to_none=False)
        self.method.backward(torch.stack(self.losses()[1]), **self.settings)
        self.adam.step()


def measured(subjects, rounds):
    """Milliseconds: the smallest of interleaved rounds; None where a method cannot take a step."""
    best, kept = {}, {}
    for name, make in subjects.items():
        try:
            kept[name] = make()
            for _ in range(3):
                kept[name].step()
        except Exception as error:  # what a library refuses is named in the table
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            best[name] = None
            kept.pop(name, None)
    for _ in range(rounds):
        for name, subject in kept.items():
            begun = time.perf_counter()
            subject.step()
            best[name] = min(best.get(name) or 1e9, 1e3 * (time.perf_counter() - begun))
    return best


def ours(cli, model, tasks, batch, rounds):
    methods = ",".join(sorted({*JD, *MTL}))
    found = subprocess.run([cli, "bench", "step", "--model", model, "--tasks", str(tasks), "--batch", str(batch), "--methods", methods,
                            "--rounds", str(rounds), "--threads", "2", "--json"], check=True, capture_output=True, text=True)
    return {row["method"]: row["ratio"] for row in json.loads(found.stdout)["rows"] if row["problem"] is None}


def main():
    models, tasks, rounds, cli = sys.argv[1].split(","), [int(k) for k in sys.argv[2].split(",")], int(sys.argv[3]), sys.argv[4]
    torch.set_num_threads(2)
    versions = {name: importlib.metadata.version(name) for name in ("torch", "torchjd", "LibMTL")}
    print(f"torch {versions['torch']}, TorchJD {versions['torchjd']}, LibMTL {versions['LibMTL']}, two threads: ratio to the bare loop\n")
    print("| model, K | method | Equipoise | TorchJD | LibMTL |\n|---|---|---|---|---|")
    cell = lambda value: "–" if value is None else f"{value:.2f}"
    for model in models:
        batch = 256 if model == "cnn" else 64
        for k in tasks:
            size = (model, k, batch)
            subjects = {"bare": lambda: Subject(*size)}
            for method, name in JD.items():
                subjects["jd " + method] = lambda name=name: JdSubject(name, *size)
            for method, name in MTL.items():
                subjects["mtl " + method] = lambda name=name: MtlSubject(name, *size)
            times, own = measured(subjects, rounds), ours(cli, model, k, batch, rounds)
            ratio = lambda name: times[name] / times["bare"] if times.get(name) else None
            for method in sorted({*JD, *MTL}):
                row = [own.get(method), ratio("jd " + method), ratio("mtl " + method)]
                print(f"| {model}, {k} | `{method}` | {' | '.join(cell(value) for value in row)} |", flush=True)


main()
