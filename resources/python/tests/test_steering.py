"""What others ask of a run, and what its record says of it."""

from __future__ import annotations

import json
import threading
import time

import equipoise
import pytest


def log(run: equipoise.Run, step: int) -> None:
    """With a look at the mailbox, whenever the last one was."""
    run._steering._pace._next = 0
    run.log(step, [1.0] * len(run.weights()))


def test_weights_and_numbers_change_from_the_next_step_on(tmp_path, read, send):
    with equipoise.Run(
        tmp_path, tasks=["left", "right"], numbers={"learning_rate": 0.1, "t": 1}
    ) as run:
        log(run, 1)
        commands = [
            {"kind": "set_weight", "task": 1, "value": 2.5},
            {"kind": "set_learning_rate", "value": 0.01},
            {"kind": "set_number", "name": "t", "value": 3},
            {"kind": "note", "text": "now"},
        ]
        answer = send(run, commands)
        log(run, 2)
        assert answer() == {}
        assert run.weights() == {"left": 1, "right": 2.5}
        assert (run.number("learning_rate"), run.number("t")) == (0.01, 3)
        log(run, 3)
    found = read(run)
    assert found.rows("SELECT step, weight FROM task_steps WHERE task = 1") == [
        (1, 1),
        (2, 1),
        (3, 2.5),
    ]
    assert found.rows("SELECT learning_rate FROM steps") == [(0.1,), (0.1,), (0.01,)]
    assert found.events()[1:-1] == [
        (2, "command", "right, weight 1 → 2.5"),
        (2, "command", "learning_rate 0.1 → 0.01"),
        (2, "command", "t 1 → 3"),
        (2, "note", "now"),
        (2, "sent", "asked for by a test: set_weight, set_number, set_number, note"),
    ]
    assert found.detail("sent") == {"sender": "a test", "commands": commands}


@pytest.mark.parametrize(
    "commands, reason",
    [
        ({}, "commands: expected a list, found {}"),
        ([3], "commands[0]: expected a command, found 3"),
        ([{"kind": "set_loss"}], "commands[0].kind: a Python program trains this run"),
        ([{"kind": ["stop"]}], "commands[0].kind: a Python program trains this run"),
        (
            [{"kind": "set_weight", "task": 2, "value": 1}],
            "commands[0].task: the run has the tasks 0 to 1, found 2",
        ),
        (
            [{"kind": "set_weight", "task": True, "value": 1}],
            "commands[0].task: expected a whole number, found True",
        ),
        (
            [{"kind": "set_weight", "task": 0, "value": -1}],
            "commands[0].value: must be at least 0, found -1",
        ),
        (
            [{"kind": "set_weight", "task": 0, "value": 10**400}],
            "commands[0].value: expected a finite number",
        ),
        ([{"kind": "pause", "why": 1}], "commands[0].why: pause has no such field"),
        ([{"kind": "note"}], "commands[0].text: expected a text, found None"),
        (
            [{"kind": "set_learning_rate", "value": 1}],
            "commands[0]: the run has no number 'learning_rate'",
        ),
        ([{"kind": "checkpoint"}], "commands[0]: the program writes no checkpoints"),
        (
            [{"kind": "stop"}, {"kind": "set_weight"}],
            "commands[1].task: expected a whole number, found None",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(tmp_path, read, send, commands, reason):
    with equipoise.Run(tmp_path, tasks=["left", "right"]) as run:
        answer = send(run, commands)
        log(run, 1)
        assert answer()["refusal"].startswith(reason)
        log(run, 2)  # nothing of it was done
        assert run.weights() == {"left": 1, "right": 1}
        (refused,) = [event for event in read(run).events() if event[1] == "refused"]
        assert refused[2] == f"refused, asked for by a test: {answer()['refusal']}"
    assert read(run).detail("refused")["sender"] == "a test"


def test_a_stop_ends_the_block_and_is_answered_then(tmp_path, read, send):
    answered_before = []
    with equipoise.Run(tmp_path, tasks=["a"]) as run:
        answer = send(run, [{"kind": "stop"}])
        try:
            log(run, 1)
        except equipoise.Stopped:
            answered_before.append(answer())
            raise
        pytest.fail("it was not stopped")
    assert answered_before == [None] and answer() == {}
    found = read(run)
    assert (found.info("state"), found.info("message")) == ("stopped", "")
    assert found.rows("SELECT step FROM steps") == [(1,)]
    assert found.events()[-1] == (1, "stopped", "stopped after 1 steps")


def test_a_failure_is_told_to_who_asked_for_the_end(tmp_path, send):
    with pytest.raises(ValueError):
        with equipoise.Run(tmp_path, tasks=["a"]) as run:
            answer = send(run, [{"kind": "stop"}])
            try:
                log(run, 1)
            except equipoise.Stopped:
                raise ValueError("while it saved")
    assert answer() == {"refusal": "the run failed: ValueError: while it saved"}


def test_a_pause_holds_the_loop_until_it_goes_on(tmp_path, read, send):
    with equipoise.Run(tmp_path, tasks=["a"]) as run:
        send(run, [{"kind": "pause"}])
        seen = []

        def go_on() -> None:
            while read(run).info("state") != "paused":
                time.sleep(0.01)
            seen.append(run.step)
            time.sleep(0.3)
            send(run, [{"kind": "resume"}])

        other = threading.Thread(target=go_on)
        other.start()
        began = time.perf_counter()
        log(run, 1)
        assert time.perf_counter() - began > 0.3
        other.join()
        assert seen == [1] and read(run).info("state") == "running"
        log(run, 2)
    found = read(run)
    (first,), (second,) = found.rows("SELECT seconds FROM steps")
    assert second - first < 0.3  # pauses do not count
    kinds = [event[1] for event in found.events()]
    assert kinds == ["started", "paused", "sent", "continued", "sent", "finished"]


def test_a_checkpoint_is_written_by_the_program(tmp_path, read, send):
    with equipoise.Run(
        tmp_path, tasks=["a"], checkpoint=lambda step, file: file.write_text(str(step))
    ) as run:
        answer = send(run, [{"kind": "checkpoint"}])
        log(run, 7)
        assert answer() == {}
        assert (run.folder / "checkpoints" / "step-00000007.pt").read_text() == "7"
    assert (7, "checkpoint", "checkpoint step-00000007.pt") in read(run).events()


def test_a_checkpoint_that_fails_is_refused_and_nothing_else_is_done(tmp_path, send):
    def write(step, file):
        raise OSError("the disk is full")

    with equipoise.Run(tmp_path, tasks=["a"], checkpoint=write) as run:
        answer = send(run, [{"kind": "set_weight", "task": 0, "value": 3}, {"kind": "checkpoint"}])
        log(run, 1)
        assert answer() == {"refusal": "the checkpoint failed: OSError: the disk is full"}
        assert run.weights() == {"a": 1}


def test_what_is_late_or_no_letter_is_passed_over(tmp_path, read, send):
    with equipoise.Run(tmp_path, tasks=["a"]) as run:
        send(run, [{"kind": "stop"}], seconds=-1)
        box = run.folder / "mailbox"
        deep = (
            json.dumps({"commands": [], "until": 1e12})[:-1]
            + ', "x": '
            + "[" * 5000
            + "]" * 5000
            + "}"
        )
        other = [
            "",
            "[]",
            "{}",
            deep,
            '{"commands": [NaN], "until": 1e12}',
            '{"commands": ["\\ud800"], "until": 1e12}',
        ]
        for number, text in enumerate(other):
            (box / f"{number}.letter").write_text(text)
        log(run, 1)
        assert sorted(file.name for file in box.iterdir()) == [
            f"{k}.letter" for k in range(len(other))
        ]
    assert [event[1] for event in read(run).events()] == ["started", "finished"]
