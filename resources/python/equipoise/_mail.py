"""What others ask of a run: letters in its folder `mailbox`, as core/run/mail.h describes them."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._files import write_atomically
from ._json import parsed


@dataclass(frozen=True)
class Letter:
    name: str
    sender: str
    commands: Any
    """A list, unless somebody wrote something else."""


class Mail:
    def __init__(self, folder: Path) -> None:
        self._box = folder / "mailbox"

    def take(self) -> list[Letter]:
        """Those that wait, oldest first; each is taken once. What cannot be read is passed over,
        and what is older than its sender waits is done away with."""
        try:
            names = sorted(name for name in os.listdir(self._box) if name.endswith(".letter"))
        except FileNotFoundError:  # nobody has sent anything yet
            return []
        found = (self._take(self._box / name) for name in names)
        return [letter for letter in found if letter]

    def answer(self, letter: Letter, refusal: str = "") -> None:
        """Raises OSError."""
        text = json.dumps({"refusal": refusal} if refusal else {})
        write_atomically(self._box / f"{letter.name}.answer", text)

    def _take(self, file: Path) -> Letter | None:
        try:
            content = parsed(file.read_bytes())
            if content["until"] < time.time():
                file.unlink()
                return None
            letter = Letter(file.stem, content.get("sender", "unknown"), content["commands"])
            file.rename(file.with_suffix(".taken"))
            return letter
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None  # withdrawn just now, or no letter
