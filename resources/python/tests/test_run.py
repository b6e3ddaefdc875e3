"""What a run folder holds, and how a run ends."""

from __future__ import annotations

import json
import math
import os
import signal
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import equipoise
import pytest
from conftest import Reader, doubles

PACKAGE = Path(__file__).resolve().parents[1]


def test_the_record_has_what_was_logged(tmp_path, read):
    with equipoise.Run(tmp_path, tasks=["left", "right"], name="Two tasks", steps=9) as run:
        run.log(
            1, {"left": 0.5, "right": 2}, weights={"right": 3, "left": 1}, epoch=0.5, examples=8
        )
        run.log(4, [0.25, -0.0], learning_rate=0.1)
        run.log(5, {"left": 0.125})
        run.log_metrics(5, {"right": {"loss": 1.5, "accuracy": 0.75}}, split="test")
        run.note("half way")
    found = read(run)
    assert found.rows("SELECT step, epoch, examples FROM steps") == [
        (1, 0.5, 8),
        (4, 0.5, 8),
        (5, 0.5, 8),
    ]
    nan, minus = struct.pack("<d", math.nan), struct.pack("<d", -0.0)
    assert found.rows("SELECT step, learning_rate FROM steps") == [(1, nan), (4, 0.1), (5, nan)]
    assert found.rows("SELECT * FROM task_steps") == [
        (1, 0, 0.5, 1), (1, 1, 2, 3), (4, 0, 0.25, 1), (4, 1, minus, 1), (5, 0, 0.125, 1), (5, 1, nan, 1),
    ]  # fmt: skip
    assert found.rows("SELECT step, split FROM evaluations") == [(5, "test")]
    assert found.rows("SELECT task, metric, value FROM evaluation_values") == [
        (1, "accuracy", 0.75),
        (1, "loss", 1.5),
    ]
    assert [event[1:] for event in found.events()][1:] == [
        ("note", "half way"),
        ("finished", "finished after 5 steps"),
    ]
    assert (found.info("state"), found.info("total_steps"), found.info("message")) == (
        "finished",
        "9",
        "",
    )
    assert json.loads(found.info("tasks")) == ["left", "right"]
    seconds = [row[0] for row in found.rows("SELECT seconds FROM steps")]
    assert seconds == sorted(seconds) and seconds[0] >= 0


def test_the_experiment_says_where_the_run_was_made(tmp_path):
    config = {"seed": 7, "lr": 0.5, "data": Path("digits")}
    run = equipoise.Run(
        tmp_path, tasks=["a"], name="Mine!", config=config, weights=[2], numbers={"t": 1}
    )
    run.close()
    experiment = json.loads((run.folder / "experiment.json").read_text())
    assert (experiment["name"], experiment["seed"], run.folder.name[16:]) == ("Mine!", 7, "mine")
    made = experiment["imported"]
    assert made["from"] == "Python" and os.path.isabs(made["place"])
    assert made["fields"] == {"seed": 7, "lr": 0.5, "data": "digits"}
    assert (made["weights"], made["numbers"]) == ({"a": 2}, {"t": 1})
    assert sorted(entry.name for entry in run.folder.iterdir()) == [
        "checkpoints",
        "experiment.json",
        "lock",
        "run.sqlite",
    ]


def test_runs_of_one_second_have_folders_of_their_own(tmp_path):
    runs = [equipoise.Run(tmp_path, tasks=["a"], name="x") for _ in range(3)]
    assert len({run.folder for run in runs}) == 3
    for run in runs:
        run.close()


@pytest.mark.parametrize(
    "problem, state, message",
    [
        (ValueError("bad batch"), "failed", "ValueError: bad batch"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (KeyboardInterrupt(), "stopped", ""),
        (SystemExit(0), "stopped", ""),
    ],
)
def test_an_exception_ends_the_run_and_goes_on(tmp_path, read, problem, state, message):
    with pytest.raises(type(problem)):
        with equipoise.Run(tmp_path, tasks=["a"]) as run:
            run.log(1, [1])
            raise problem
    found = read(run)
    assert (found.info("state"), found.info("message")) == (state, message)
    assert found.rows("SELECT step FROM steps") == [(1,)]
    with pytest.raises(RuntimeError, match="has ended"):
        run.log(2, [1])


def test_a_killed_program_leaves_a_readable_run(tmp_path):
    program = (
        "import equipoise, os, sys, time\n"
        "run = equipoise.Run(sys.argv[1], tasks=['a'])\n"
        "step = 0\n"
        "while True:\n"
        "    step += 1\n"
        "    run.log(step, [1 / step])\n"
        "    if step == 2000: print('there', flush=True)\n"
        "    time.sleep(0.0005)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"there\n"
        process.send_signal(signal.SIGKILL)
    (folder,) = tmp_path.iterdir()
    found = Reader(folder)
    assert found.rows("PRAGMA integrity_check") == [("ok",)]
    steps = [row[0] for row in found.rows("SELECT step FROM steps")]
    assert len(steps) > 500 and steps == list(range(1, len(steps) + 1))
    assert found.rows("SELECT count(*) FROM task_steps") == [(len(steps),)]
    assert found.info("state") == "running"  # and nobody holds the lock: it counts as died
    equipoise._files.RunLock(folder).release()


def test_the_lock_is_held_by_the_program_alone(tmp_path):
    run = equipoise.Run(tmp_path, tasks=["a"])
    with pytest.raises(OSError):
        equipoise._files.RunLock(run.folder)
    child = os.fork()
    if child == 0:  # such as one that loads data
        held = run._recorder._record._lock._descriptor
        refused = False
        try:
            run.log(1, [1])
        except RuntimeError:
            refused = True
        os._exit(0 if held == -1 and refused else 1)
    assert os.waitpid(child, 0)[1] == 0
    run.log(1, [1])
    run.close()
    equipoise._files.RunLock(run.folder).release()


def test_what_cannot_be_written_waits(tmp_path, read):
    run = equipoise.Run(tmp_path, tasks=["a"])
    run._recorder._pace._next = 0
    away = tmp_path / "away"
    run.folder.rename(away)
    with pytest.warns(UserWarning, match="wait in memory"):
        run.log(1, [1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is said once
        run._recorder._pace._next = 0
        run.log(2, [1])
    away.rename(run.folder)
    run._recorder._pace._next = 0
    run.log(3, [1])
    assert read(run).rows("SELECT step FROM steps") == [(1,), (2,), (3,)]
    run.close()


def test_an_end_that_cannot_be_written_is_told(tmp_path):
    run = equipoise.Run(tmp_path, tasks=["a"])
    run.folder.rename(tmp_path / "away")
    with pytest.raises(OSError):
        run.close()
    with pytest.warns(UserWarning, match="end cannot be written"):
        with pytest.raises(ZeroDivisionError):
            with equipoise.Run(tmp_path, tasks=["a"]) as other:
                other.folder.rename(tmp_path / "away too")
                1 / 0


def test_losses_that_are_no_numbers_are_told_once(tmp_path, read):
    with equipoise.Run(tmp_path, tasks=["a", "b"]) as run:
        for step, loss in enumerate([1, math.nan, math.nan, 1, math.inf], 1):
            run.log(step, {"a": loss})
    told = [event for event in read(run).events() if event[1] == "nonfinite"]
    assert told == [(2, "nonfinite", "a: the loss is nan"), (5, "nonfinite", "a: the loss is inf")]


def test_gradients_stand_with_their_step(tmp_path, read):
    found = equipoise.Gradients(gramian=((4.0, -2.0), (-2.0, 9.0)), condition_number=1.75)
    with equipoise.Run(tmp_path, tasks=["a", "b"]) as run:
        run.log(1, [1, 1], gradients=found, weights=[2, 1])
        with pytest.raises(ValueError, match="of 1 tasks, and the run has 2"):
            run.log(2, [1, 1], gradients=equipoise.Gradients(((1.0,),), 1.0))
    (row,) = read(run).rows("SELECT * FROM conflicts")
    assert row[:3] == (1, "exact", 1.75)
    assert row[3:5] == pytest.approx((3, math.sqrt(4 * 4 - 4 * 2 + 9)), rel=1e-15)
    assert doubles(row[5]) == (2, 3)
    assert doubles(row[6]) == pytest.approx((1, -1 / 3, -1 / 3, 1), rel=1e-15)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda run: run.log(0, [1, 1]), "step: 0 comes after 0; steps are counted from 1"),
        (lambda run: run.log(1, [1]), "losses: 1 values, and the run has 2 tasks"),
        (lambda run: run.log(1, {"c": 1}), "losses: the run has no task 'c'; it has a, b"),
        (lambda run: run.log(1, {"a": "x"}), "losses\\['a'\\]: expected one number, found 'x'"),
        (lambda run: run.log(1, [1, 1], weights={"a": 1}), "weights: the task 'b' has none"),
        (lambda run: run.log_metrics(1, {}, split="dev"), "split: 'dev' is none of train"),
        (lambda run: run.log_metrics(1, {"c": {}}), "values: the run has no task 'c'"),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(tmp_path, read, call, words):
    with equipoise.Run(tmp_path, tasks=["a", "b"]) as run:
        with pytest.raises((ValueError, TypeError), match=words):
            call(run)
        run.log(1, [1, 1])
    assert read(run).rows("SELECT count(*) FROM task_steps") == [(2,)]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"tasks": []}, "at least one is needed"),
        ({"tasks": "ab"}, "expected a list of names"),
        ({"tasks": ["a", "a"]}, "the name 'a' stands for 2"),
        ({"tasks": ["a"], "gradients_every": 0}, "gradients_every: must be at least 1, found 0"),
        ({"tasks": ["a"], "config": {"x": math.nan}}, "not JSON compliant|Out of range"),
        ({"tasks": ["\ud800"]}, "surrogates not allowed"),
    ],
)
def test_a_run_that_cannot_be_made_leaves_no_folder(tmp_path, arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        equipoise.Run(tmp_path, **arguments)
    assert not list(tmp_path.iterdir())
