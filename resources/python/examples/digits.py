"""Two tasks on scikit-learn's digits, in a PyTorch loop that Equipoise shows and steers.

    pip install torch scikit-learn ./resources/python
    python resources/python/examples/digits.py --out runs     # and, beside it: ./run runs

`digit` names the digit, `ink` predicts how much of the picture is dark. While it trains, set their
weights or the learning rate, pause or stop it, in the window or by `equipoise-cli send`.
"""

from __future__ import annotations

import argparse
import math
import time

import torch
from sklearn.datasets import load_digits
from torch import nn

import equipoise


def main() -> None:
    options = parsed()
    torch.manual_seed(options.seed)
    pictures, digits = load_digits(return_X_y=True)
    x = torch.tensor(pictures, dtype=torch.float32) / 16
    targets = {"digit": torch.tensor(digits), "ink": x.mean(dim=1) * 10}
    order = torch.randperm(len(x))
    validation, training = order[:360], order[360:]

    trunk = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
    heads = nn.ModuleDict({"digit": nn.Linear(32, 10), "ink": nn.Linear(32, 1)})
    optimizer = torch.optim.Adam([*trunk.parameters(), *heads.parameters()])

    def losses_of(rows: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """And the logits of the digits."""
        features = trunk(x[rows])
        logits, ink = heads["digit"](features), heads["ink"](features)[:, 0]
        return {
            "digit": nn.functional.cross_entropy(logits, targets["digit"][rows]),
            "ink": nn.functional.mse_loss(ink, targets["ink"][rows]),
        }, logits

    def save(step: int, file: object) -> None:
        torch.save({"step": step, "trunk": trunk.state_dict(), "heads": heads.state_dict()}, file)

    tasks = [equipoise.Task("digit", kind="classification", width=10), equipoise.Task("ink")]
    with equipoise.Run(
        options.out,
        tasks=tasks,
        name="digits in Python",
        steps=options.steps,
        numbers={"learning_rate": 1e-3},
        config=vars(options),
        checkpoint=save,
    ) as run:
        print(run.folder, flush=True)
        for step in range(1, options.steps + 1):
            rows = training[torch.randint(len(training), (options.batch,))]
            losses, _ = losses_of(rows)
            weights = run.weights()
            gradients = run.gramian(losses, trunk.parameters())
            optimizer.zero_grad()
            sum(weights[task] * loss for task, loss in losses.items()).backward()
            optimizer.param_groups[0]["lr"] = run.number("learning_rate")
            optimizer.step()
            seen = step * options.batch
            run.log(step, losses, gradients=gradients, epoch=seen / len(training), examples=seen)
            if step % 50 == 0:
                with torch.no_grad():
                    found, logits = losses_of(validation)
                right = (logits.argmax(dim=1) == targets["digit"][validation]).float().mean()
                run.log_metrics(
                    step,
                    {
                        "digit": {"loss": found["digit"], "accuracy": right},
                        "ink": {"loss": found["ink"], "rmse": math.sqrt(found["ink"])},
                    },
                )
            if options.rate:
                time.sleep(1 / options.rate)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="runs", help="folder in which the run's folder is made")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=100, help="steps a second; 0: no limit")
    return parser.parse_args()


if __name__ == "__main__":
    main()
