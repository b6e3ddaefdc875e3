"""Keeps what a run tells until it is written, and writes it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
import warnings
from pathlib import Path
from typing import Any, Mapping, Sequence

from ._files import make_run_folder, write_atomically
from ._json import written
from ._pace import Pace
from ._record import Event, Record, Records
from ._task import Task

Problem = (OSError, sqlite3.Error)
"""What writing may raise."""


class Recorder:
    """A run folder and its records, written twice a second at most. Removes the folder again where
    its beginning cannot be written.

    experiment: with its name. machinery: with what the run computes, for the event of its start.
    """

    def __init__(
        self,
        workspace: Path,
        experiment: Mapping[str, Any],
        tasks: Sequence[Task],
        steps: int,
        machinery: Mapping[str, str],
    ) -> None:
        text = written(experiment, indent=2)
        info = {
            "experiment": text,
            "data_folder": "",
            "tasks": json.dumps([task.name for task in tasks]),
            "task_infos": json.dumps([task.as_json() for task in tasks]),
            "state": "running",
            "total_steps": str(steps),
        }
        self.step = 0
        self.records = Records()
        self.paused = False
        self._steps = steps
        self._said = ""
        self._pace = Pace(0.5, 10)
        self._began, self._waited = time.perf_counter(), 0.0
        self.folder = make_run_folder(workspace, experiment["name"])
        try:
            write_atomically(self.folder / "experiment.json", text + "\n")
            (self.folder / "checkpoints").mkdir()
            self._record = Record(self.folder, info)
            self.event("started", f"started by {experiment['imported']['place']}", machinery)
            self._record.append(self.records, {})
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.records = Records()

    def seconds(self) -> float:
        """Of training, pauses excluded."""
        return time.perf_counter() - self._began - self._waited

    def wait(self, seconds: float) -> None:
        """A part of a pause."""
        began = time.perf_counter()
        time.sleep(seconds)
        self._waited += time.perf_counter() - began

    def event(self, kind: str, text: str, detail: Mapping[str, Any] | None = None) -> None:
        whole = text.encode(errors="replace").decode()  # a file's name may have half characters
        event = Event(self.step, self.seconds(), kind, whole, json.dumps(detail or {}))
        self.records.events.append(event)

    def is_due(self) -> bool:
        return self._pace.is_due()

    def save(self) -> bool:
        """Whether all is written. What cannot be waits in memory, with a warning: a full disk does
        not end the training."""
        try:
            self._write("paused" if self.paused else "running", "")
        except Problem as problem:
            self._pace.took(0)
            if self._said != str(problem):
                message = f"{self.folder}: cannot be written, its records wait in memory: {problem}"
                warnings.warn(message, stacklevel=5)
            self._said = str(problem)
            return False
        return True

    def end(self, state: str, text: str) -> None:
        """Marks the run, and lets it go. Raises Problem where that cannot be written."""
        self.event(state, text)
        try:
            self._write(state, text if state == "failed" else "", synced=True)
        finally:
            self._record.close()

    def _write(self, state: str, message: str, synced: bool = False) -> None:
        began = time.perf_counter()
        info = {
            "state": state,
            "message": message,
            "total_steps": str(max(self._steps, self.step)),
        }
        self._record.append(self.records, info, synced)
        self.records, self._said = Records(), ""
        self._pace.took(time.perf_counter() - began)
