"""What the tests share: reading a record, and asking as `equipoise-cli send` does."""

from __future__ import annotations

import json
import sqlite3
import struct
import sys
import time
from pathlib import Path
from typing import Any, Callable

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import equipoise  # noqa: E402


class Reader:
    """The record of a run, read beside it."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(f"file:{folder}/run.sqlite?mode=ro", uri=True)

    def rows(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()

    def info(self, key: str) -> str:
        return str(self.rows(f"SELECT value FROM info WHERE key = '{key}'")[0][0])

    def events(self) -> list[tuple[int, str, str]]:
        return self.rows("SELECT step, kind, text FROM events ORDER BY id")

    def detail(self, kind: str) -> Any:
        return json.loads(self.rows(f"SELECT detail FROM events WHERE kind = '{kind}'")[-1][0])


@pytest.fixture
def read() -> Callable[[equipoise.Run], Reader]:
    return lambda run: Reader(run.folder)


@pytest.fixture
def send() -> Callable[..., Callable[[], Any]]:
    """send(run, commands) lays a letter down, and returns what reads the answer: None without one."""

    def send(run: equipoise.Run, commands: Any, seconds: float = 10) -> Callable[[], Any]:
        box = run.folder / "mailbox"
        box.mkdir(exist_ok=True)
        name = f"{time.time_ns() // 1000:020}-0000"
        letter = {"commands": commands, "sender": "a test", "until": time.time() + seconds}
        (box / "unfinished").write_text(json.dumps(letter))
        (box / "unfinished").rename(box / f"{name}.letter")

        def answer() -> Any:
            file = box / f"{name}.answer"
            return json.loads(file.read_text()) if file.exists() else None

        return answer

    return send


def doubles(blob: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(blob) // 8}d", blob)
