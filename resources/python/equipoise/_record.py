"""The records of a run: run.sqlite. core/run/run_folder.h says what its tables mean."""

from __future__ import annotations

import math
import os
import secrets
import sqlite3
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from ._files import RunLock, is_on_network
from ._gradients import Gradients

# As core/run/run_rows.cpp has it.
SCHEMA = """
  CREATE TABLE IF NOT EXISTS info (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS steps (
    step INTEGER PRIMARY KEY, epoch REAL, examples INTEGER, seconds REAL, learning_rate REAL);
  CREATE TABLE IF NOT EXISTS task_steps (
    step INTEGER, task INTEGER, loss REAL, weight REAL, PRIMARY KEY (step, task)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS terms (
    step INTEGER, task INTEGER, place INTEGER, term TEXT, value REAL,
    PRIMARY KEY (step, task, place)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS conflicts (
    step INTEGER PRIMARY KEY, source TEXT, condition_number REAL, sum_norm REAL, update_norm REAL,
    norms BLOB, cosines BLOB);
  CREATE TABLE IF NOT EXISTS layer_conflicts (
    step INTEGER, place INTEGER, layer TEXT, norms BLOB, cosines BLOB, PRIMARY KEY (step, place));
  CREATE TABLE IF NOT EXISTS affinities (step INTEGER PRIMARY KEY, losses BLOB, after BLOB);
  CREATE TABLE IF NOT EXISTS observations (
    step INTEGER, name TEXT, task INTEGER, place TEXT, shape BLOB, "values" BLOB,
    PRIMARY KEY (step, name, task, place));
  CREATE TABLE IF NOT EXISTS preferences (
    step INTEGER, sample INTEGER, task INTEGER, value REAL, PRIMARY KEY (step, sample, task))
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS points (step INTEGER PRIMARY KEY, point BLOB);
  CREATE TABLE IF NOT EXISTS evaluations (
    id INTEGER PRIMARY KEY, step INTEGER, epoch REAL, seconds REAL, split TEXT);
  CREATE TABLE IF NOT EXISTS evaluation_values (
    evaluation INTEGER, task INTEGER, metric TEXT, value REAL,
    PRIMARY KEY (evaluation, task, metric)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS class_reports (
    evaluation INTEGER, task INTEGER, classes INTEGER, confusion BLOB, bins BLOB,
    PRIMARY KEY (evaluation, task));
  CREATE TABLE IF NOT EXISTS intervals (
    evaluation INTEGER, task INTEGER, metric TEXT, low REAL, high REAL, confidence REAL,
    resamples INTEGER, PRIMARY KEY (evaluation, task, metric)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS fronts (
    evaluation INTEGER, point INTEGER, task INTEGER, preference REAL, loss REAL, metrics TEXT,
    PRIMARY KEY (evaluation, point, task)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS homes (id INTEGER PRIMARY KEY, folder TEXT UNIQUE);
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, step INTEGER, seconds REAL, kind TEXT, text TEXT, detail TEXT);
"""

_BUSY_SECONDS = 5.0


def _number(value: float) -> float | bytes:
    """As it is stored: SQLite has no NaN and no negative zero, which are eight bytes."""
    if value != value or (value == 0 and math.copysign(1, value) < 0):
        return struct.pack("<d", value)
    return value


def _numbers(values: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


class Step(NamedTuple):
    step: int
    epoch: float
    examples: int
    seconds: float
    learning_rate: float
    losses: Sequence[float]
    weights: Sequence[float]


class Conflict(NamedTuple):
    """Measured at a step."""

    step: int
    gradients: Gradients
    weights: Sequence[float]


class Evaluation(NamedTuple):
    step: int
    epoch: float
    seconds: float
    split: str
    values: Sequence[tuple[int, str, float]]
    """Task, metric, value."""


class Event(NamedTuple):
    step: int
    seconds: float
    kind: str
    text: str
    detail: str
    """JSON."""


@dataclass
class Records:
    """What is not written yet."""

    steps: list[Step] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Record:
    """Makes run.sqlite in a folder, and appends to it. Holds the folder's lock while it is open."""

    def __init__(self, folder: Path, info: dict[str, str]) -> None:
        self._file = folder / "run.sqlite"
        self._lock = RunLock(folder)
        self._local = not is_on_network(folder)
        unfinished = folder / "run.sqlite.new"
        self._connection = self._connect(unfinished)
        self._fill(folder, info)
        self._connection.close()
        os.rename(unfinished, self._file)  # so the run is there whole, or not at all
        self._connection = self._connect(self._file)
        self._inode = self._file.stat().st_ino

    def append(self, records: Records, info: dict[str, str], synced: bool = False) -> None:
        """All of it, or nothing and an OSError or sqlite3.Error.

        synced: survives a loss of power as well, not only the death of the process.
        """
        self._require_in_place()
        if self._local:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._insert(records)
            self._set_info({**info, "updated": _now()})
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._connection.close()
        self._lock.release()

    def _connect(self, file: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA journal_mode = {'WAL' if self._local else 'DELETE'}")
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if self._local else 'FULL'}")
        return connection

    def _fill(self, folder: Path, info: dict[str, str]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";"):
            self._connection.execute(statement)
        self._connection.execute("PRAGMA user_version = 1")
        self._connection.execute(
            "INSERT INTO homes (folder) VALUES (CAST(? AS TEXT))",
            (os.fsencode(os.path.abspath(folder)),),
        )
        self._set_info({**info, "id": secrets.token_hex(16), "created": _now(), "updated": _now()})
        self._connection.execute("COMMIT")
        if self._local:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _require_in_place(self) -> None:
        if self._file.stat().st_ino != self._inode:
            raise OSError(
                f"{self._file}: another run stands there now; this one was moved or replaced"
            )

    def _set_info(self, info: dict[str, str]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO info VALUES (?, ?)", info.items())

    def _insert(self, records: Records) -> None:
        many = self._connection.executemany
        many("INSERT INTO steps VALUES (?, ?, ?, ?, ?)", map(_step_row, records.steps))
        many("INSERT INTO task_steps VALUES (?, ?, ?, ?)", _task_rows(records.steps))
        many(
            "INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?)",
            map(_conflict_row, records.conflicts),
        )
        for evaluation in records.evaluations:
            self._insert_evaluation(evaluation)
        many(
            "INSERT INTO events (step, seconds, kind, text, detail) VALUES (?, ?, ?, ?, ?)",
            records.events,
        )

    def _insert_evaluation(self, evaluation: Evaluation) -> None:
        head = (evaluation.step, _number(evaluation.epoch), evaluation.seconds, evaluation.split)
        made = self._connection.execute(
            "INSERT INTO evaluations (step, epoch, seconds, split) VALUES (?, ?, ?, ?)", head
        )
        self._connection.executemany(
            "INSERT INTO evaluation_values VALUES (?, ?, ?, ?)",
            [
                (made.lastrowid, task, metric, _number(value))
                for task, metric, value in evaluation.values
            ],
        )


def _step_row(record: Step) -> tuple[Any, ...]:
    rate = _number(record.learning_rate)
    return record.step, _number(record.epoch), record.examples, record.seconds, rate


def _task_rows(records: Iterable[Step]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        for task, (loss, weight) in enumerate(zip(record.losses, record.weights)):
            yield record.step, task, _number(loss), _number(weight)


def _conflict_row(record: Conflict) -> tuple[Any, ...]:
    gradients = record.gradients
    return (
        record.step,
        "exact",
        _number(gradients.condition_number),
        _number(gradients.sum_norm()),
        _number(gradients.sum_norm(record.weights)),
        _numbers(gradients.norms),
        _numbers([cosine for row in gradients.cosines for cosine in row]),
    )


def _now() -> str:
    return f"{time.time():.3f}"
