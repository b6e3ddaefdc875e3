"""A training loop of one's own, recorded as a run of Equipoise."""

from __future__ import annotations

import math
import operator
import os
import platform
import sys
import warnings
from collections import abc
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Iterable, Mapping, Sequence, Union

from ._gradients import Gradients, measure
from ._record import Conflict, Evaluation, Step
from ._recorder import Problem, Recorder
from ._steering import Steering
from ._task import Task, tasks_from
from ._wishes import LEARNING_RATE

_SPLITS = ("train", "validation", "test")

Values = Union[Mapping[str, Any], Sequence[Any]]
"""A number a task, by name or in the tasks' order; tensors of one number count as numbers."""


class Stopped(BaseException):
    """Somebody asked for the end of the run. It leaves the `with` block, which takes it; so, as
    with KeyboardInterrupt, `except Exception` around a step lets it pass."""


class Run:
    """Makes a run folder below `workspace` and records what it is told. One thread, one process.

    tasks: names, or Task where plots are to know more of them.
    name: what the run is called; by default the program's name.
    steps: how many there will be, for progress; 0 where that is not known.
    weights: of the tasks at the beginning; 1 by default.
    numbers: what may be changed from outside beside the weights; see number().
    config: settings by name, by which runs are compared; what JSON has not becomes text.
    gradients_every: gramian() measures at its first call and then at every n-th.
    checkpoint: called with step and file when somebody asks for a checkpoint; writes it there.

    In a `with` block the run ends with it: finished, or stopped by Stopped or KeyboardInterrupt, or
    failed with the reason of any other exception. Else call close().
    """

    def __init__(
        self,
        workspace: str | os.PathLike[str],
        tasks: Sequence[str | Task],
        *,
        name: str | None = None,
        steps: int = 0,
        weights: Values | None = None,
        numbers: Mapping[str, float] | None = None,
        config: Mapping[str, Any] | None = None,
        gradients_every: int = 10,
        checkpoint: Callable[[int, Path], object] | None = None,
    ) -> None:
        if gradients_every < 1:
            raise ValueError(f"gradients_every: must be at least 1, found {gradients_every}")
        made = tasks_from(tasks)
        self._names = [task.name for task in made]
        first = [1.0] * len(made) if weights is None else self._weights_from(weights)
        changeable = {key: float(value) for key, value in (numbers or {}).items()}
        experiment = _experiment(name, config or {}, dict(zip(self._names, first)), changeable)
        self._recorder = Recorder(Path(workspace), experiment, made, steps, _machinery())
        self._steering = Steering(self._recorder, self._names, first, changeable, checkpoint)
        self._gradients_every, self._gramian_calls = gradients_every, 0
        self._epoch, self._examples = 0.0, 0
        self._nonfinite: set[str] = set()
        self._process, self._closed = os.getpid(), False

    # --- What the loop asks

    @property
    def folder(self) -> Path:
        return self._recorder.folder

    @property
    def step(self) -> int:
        """The last one that was logged."""
        return self._recorder.step

    def weights(self) -> dict[str, float]:
        """A task's weight by its name, as set in the window or by `equipoise-cli send` last."""
        return dict(zip(self._names, self._steering.weights))

    def number(self, name: str) -> float:
        """One of those given as `numbers`, as set from outside last."""
        return self._steering.numbers[name]

    def gramian(self, losses: Values, shared_parameters: Iterable[Any]) -> Gradients | None:
        """How the tasks' gradients disagree in parameters that they share (PyTorch); None where it
        is not due. Pass it to log(). The losses keep their graph, for the pass backward after it.
        """
        self._gramian_calls += 1
        if (self._gramian_calls - 1) % self._gradients_every:
            return None
        return measure(self._ordered("losses", losses), self._names, shared_parameters)

    # --- What it tells

    def log(
        self,
        step: int,
        losses: Values,
        *,
        weights: Values | None = None,
        gradients: Gradients | None = None,
        learning_rate: float | None = None,
        epoch: float | None = None,
        examples: int | None = None,
    ) -> None:
        """One update: steps are counted from 1 and increase. Obeys what was asked meanwhile: waits
        while the run is paused, and raises Stopped where it shall end.

        losses: before weighting, those with which the update was made; None, or left out by name,
            where a task took no part.
        weights: with which they were summed; those of weights() by default.
        learning_rate: the number `learning_rate` by default, where there is one.
        epoch, examples: so far; without them the last ones count on.
        """
        self._require_open()
        step = operator.index(step)
        if step <= self.step:
            raise ValueError(
                f"step: {step} comes after {self.step}; steps are counted from 1 and increase"
            )
        given = self._ordered("losses", losses)
        found = [self._plain("losses", k, value) for k, value in enumerate(given)]
        used = list(self._steering.weights) if weights is None else self._weights_from(weights)
        if learning_rate is None:
            learning_rate = self._steering.numbers.get(LEARNING_RATE, math.nan)
        if gradients is not None:
            self._require_fit(gradients)
        self._epoch = self._epoch if epoch is None else float(epoch)
        self._examples = self._examples if examples is None else operator.index(examples)
        seconds, rate = self._recorder.seconds(), float(learning_rate)
        records, self._recorder.step = self._recorder.records, step
        records.steps.append(Step(step, self._epoch, self._examples, seconds, rate, found, used))
        if gradients is not None:
            records.conflicts.append(Conflict(step, gradients, used))
        self._watch(given, found)
        self._steering.do_what_is_due()
        if self._steering.stop_asked:
            raise Stopped(f"{self.folder}: was asked to end at step {step}")

    def log_metrics(
        self, step: int, values: Mapping[str, Mapping[str, Any]], split: str = "validation"
    ) -> None:
        """Metrics over a whole split: {"left": {"loss": 0.1, "accuracy": 0.97}}."""
        self._require_open()
        if split not in _SPLITS:
            raise ValueError(f"split: {split!r} is none of {', '.join(_SPLITS)}")
        step = operator.index(step)
        self._require_known("values", values)
        cells = [
            (self._names.index(task), metric, _plain(value, f"values[{task!r}][{metric!r}]"))
            for task, metrics in values.items()
            for metric, value in metrics.items()
        ]
        made = Evaluation(step, self._epoch, self._recorder.seconds(), split, cells)
        self._recorder.records.evaluations.append(made)

    def note(self, text: str) -> None:
        """A line for people, at the present step."""
        self._require_open()
        self._recorder.event("note", text)

    # --- How it ends

    def close(self) -> None:
        """Ends the run as finished. Raises OSError or sqlite3.Error where that cannot be written."""
        self._end("finished", f"finished after {self.step} steps")

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if self._closed or os.getpid() != self._process:
            return False
        if problem is None:
            self.close()
            return False
        try:
            if isinstance(problem, (Stopped, KeyboardInterrupt)) or _is_plain_exit(problem):
                self._end("stopped", f"stopped after {self.step} steps")
            else:
                self._end("failed", f"{type(problem).__name__}: {problem}")
        except Problem as unwritten:  # which must not hide the other
            warnings.warn(f"{self.folder}: its end cannot be written: {unwritten}", stacklevel=2)
        return isinstance(problem, Stopped)

    def _end(self, state: str, text: str) -> None:
        self._require_open()
        self._closed = True
        self._recorder.end(state, text)
        self._steering.answer_all(f"the run failed: {text}" if state == "failed" else "")

    # --- Parts

    def _require_fit(self, gradients: Gradients) -> None:
        measured = len(gradients.gramian)
        if measured != len(self._names):
            raise ValueError(f"gradients: of {measured} tasks, and the run has {len(self._names)}")

    def _watch(self, given: Sequence[Any], found: Sequence[float]) -> None:
        """Tells the first of several losses in a row that are no finite number."""
        if not self._nonfinite and all(map(math.isfinite, found)):
            return
        for name, there, loss in zip(self._names, given, found):
            if math.isfinite(loss):
                self._nonfinite.discard(name)
            elif there is not None and name not in self._nonfinite:
                self._nonfinite.add(name)
                text = f"{name}: the loss is {loss}"
                self._recorder.event("nonfinite", text, {"task": name})

    def _require_open(self) -> None:
        if self._closed:
            raise RuntimeError(f"{self.folder}: the run has ended; make another equipoise.Run")
        if os.getpid() != self._process:
            raise RuntimeError(
                f"{self.folder}: is recorded by process {self._process}, not by its child "
                f"{os.getpid()}; log from the process that made the run"
            )

    def _require_known(self, what: str, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self._names:
                known = ", ".join(self._names)
                raise ValueError(f"{what}: the run has no task {name!r}; it has {known}")

    def _ordered(self, what: str, values: Values) -> list[Any]:
        """In the tasks' order; None for one that is left out."""
        if isinstance(values, abc.Mapping):
            self._require_known(what, values)
            return [values.get(name) for name in self._names]
        if len(values) != len(self._names):
            raise ValueError(
                f"{what}: {len(values)} values, and the run has {len(self._names)} tasks"
            )
        return list(values)

    def _plain(self, what: str, task: int, value: Any) -> float:
        """NaN for None."""
        if type(value) is float:
            return value
        return math.nan if value is None else _plain(value, f"{what}[{self._names[task]!r}]")

    def _weights_from(self, values: Values) -> list[float]:
        ordered = self._ordered("weights", values)
        for name, value in zip(self._names, ordered):
            if value is None:
                raise ValueError(f"weights: the task {name!r} has none")
        return [self._plain("weights", k, value) for k, value in enumerate(ordered)]


def _plain(value: Any, place: str) -> float:
    try:
        return float(value.detach() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise TypeError(f"{place}: expected one number, found {value!r}: {problem}") from None


def _is_plain_exit(problem: BaseException) -> bool:
    return isinstance(problem, SystemExit) and problem.code in (None, 0)


def _experiment(
    name: str | None,
    config: Mapping[str, Any],
    weights: Mapping[str, float],
    numbers: Mapping[str, float],
) -> dict[str, Any]:
    """That of a run that was made elsewhere, as Equipoise has it of imported ones."""
    program = sys.argv[0] if sys.argv else ""
    stem = Path(program).stem
    made = {
        "from": "Python",
        "place": os.path.abspath(program or os.curdir),
        "fields": dict(config),
        "weights": dict(weights),
        "numbers": dict(numbers),
    }
    experiment: dict[str, Any] = {"name": name or stem.lstrip("-") or "python", "imported": made}
    if isinstance(config.get("seed"), int):
        experiment["seed"] = config["seed"]
    return experiment


def _machinery() -> dict[str, str]:
    found = {"python": platform.python_version()}
    torch = sys.modules.get("torch")
    return found if torch is None else {**found, "pytorch": str(torch.__version__)}
