"""Makes runs by the package in resources/python, for tst_python_run: python_run.py WORKSPACE KIND."""

import math
import sys

import equipoise

WORKSPACE, KIND = sys.argv[1:]


def whole() -> None:
    """Numbers that the test knows."""
    tasks = [
        equipoise.Task("digit", kind="classification", width=10),
        equipoise.Task("größe", unit="cm"),
    ]
    with equipoise.Run(
        WORKSPACE, tasks, name="Größe & Digit, 2/3", steps=4, config={"seed": 5, "lr": 0.5}
    ) as run:
        found = equipoise.Gradients(((4.0, -3.0), (-3.0, 9.0)), 2.5)
        run.log(1, [2.5, -0.0], learning_rate=0.25, epoch=0.5, examples=16, gradients=found)
        run.log(2, {"digit": math.nan}, weights=[0.5, 3])
        run.log_metrics(2, {"größe": {"loss": 0.125, "mae": 1}}, split="test")
        run.note("half way")


def steered() -> None:
    """Until it is stopped; prints its folder."""
    with equipoise.Run(WORKSPACE, ["left", "right"], name="steered", numbers={"t": 1}) as run:
        print(run.folder, flush=True)
        step = 0
        while True:
            step += 1
            run.log(step, [1 / step, run.number("t")])


def failed() -> None:
    with equipoise.Run(WORKSPACE, ["left"], name="failed") as run:
        run.log(1, [1])
        raise ValueError("bad batch")


{"whole": whole, "steered": steered, "failed": failed}[KIND]()
