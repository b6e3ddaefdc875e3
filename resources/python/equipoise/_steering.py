"""Does what others ask of a run: its weights and numbers, pause, stop, notes, checkpoints."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any, Callable, Sequence

from ._mail import Letter, Mail
from ._pace import Pace
from ._recorder import Recorder
from ._wishes import Offer, Refusal, checked

_LOOK = 0.1  # seconds between two looks at the mailbox while paused


class Steering:
    """checkpoint: called with step and file; None: the program writes none."""

    def __init__(
        self,
        recorder: Recorder,
        tasks: Sequence[str],
        weights: list[float],
        numbers: dict[str, float],
        checkpoint: Callable[[int, Path], object] | None,
    ) -> None:
        self.weights, self.numbers = weights, numbers
        self.stop_asked = False
        self._recorder, self._tasks, self._checkpoint = recorder, tasks, checkpoint
        self._mail = Mail(recorder.folder)
        self._pace = Pace(0.1, 2)
        self._done: list[Letter] = []  # the answer waits until what was done is written
        self._until_end: list[Letter] = []

    def do_what_is_due(self) -> None:
        """Returns as soon as the run is not paused, or shall end."""
        if self._recorder.is_due():
            self._save()
        if self._pace.is_due():
            self._read()
        while self._recorder.paused and not self.stop_asked:
            self._recorder.wait(_LOOK)
            self._read()

    def answer_all(self, refusal: str) -> None:
        """After the end is written."""
        self._answer(self._done, refusal)
        self._answer(self._until_end, refusal)

    def _save(self) -> None:
        if self._recorder.save():
            self._answer(self._done)

    def _read(self) -> None:
        began = time.perf_counter()
        letters = self._mail.take()
        self._pace.took(time.perf_counter() - began)
        for letter in letters:
            self._obey(letter)
        if letters:
            self._save()

    def _obey(self, letter: Letter) -> None:
        """All that it asks for, or nothing: what can fail comes first."""
        detail = {"sender": letter.sender, "commands": letter.commands}
        try:
            offer = Offer(self._tasks, self.numbers, self._checkpoint is not None)
            wishes = checked(letter.commands, offer)
            if any(wish["kind"] == "checkpoint" for wish in wishes):
                self._write_checkpoint()
        except Refusal as refusal:
            text = f"refused, asked for by {letter.sender}: {refusal}"
            self._recorder.event("refused", text, {**detail, "refusal": str(refusal)})
            return self._answer([letter], str(refusal))
        for wish in wishes:
            self._do(wish)
        kinds = ", ".join(wish["kind"] for wish in wishes)
        self._recorder.event("sent", f"asked for by {letter.sender}: {kinds}", detail)
        (self._until_end if self.stop_asked else self._done).append(letter)

    def _do(self, wish: dict[str, Any]) -> None:
        kind = wish["kind"]
        if kind == "set_weight":
            self._set(self.weights, wish["task"], f"{self._tasks[wish['task']]}, weight", wish)
        elif kind == "set_number":
            self._set(self.numbers, wish["name"], wish["name"], wish)
        elif kind == "note":
            self._recorder.event("note", wish["text"], wish)
        elif kind == "stop":
            self.stop_asked = True
        elif kind in ("pause", "resume"):
            self._set_paused(kind == "pause")

    def _set(self, values: Any, key: Any, what: str, wish: dict[str, Any]) -> None:
        before, values[key] = values[key], float(wish["value"])
        self._recorder.event("command", f"{what} {before:.12g} → {values[key]:.12g}", wish)

    def _set_paused(self, paused: bool) -> None:
        if self._recorder.paused == paused:
            return
        self._recorder.paused = paused
        kind, words = ("paused", "paused") if paused else ("continued", "goes on")
        self._recorder.event(kind, f"{words} at step {self._recorder.step}")

    def _write_checkpoint(self) -> None:
        """Raises Refusal where the program's function fails."""
        assert self._checkpoint
        step = self._recorder.step
        file = self._recorder.folder / "checkpoints" / f"step-{step:08}.pt"
        try:
            self._checkpoint(step, file)
        except Exception as problem:
            raise Refusal(f"the checkpoint failed: {type(problem).__name__}: {problem}") from None
        self._recorder.event("checkpoint", f"checkpoint {file.name}", {"file": file.name})

    def _answer(self, letters: list[Letter], refusal: str = "") -> None:
        """Who cannot be answered learns that the program ended without an answer."""
        while letters:
            with contextlib.suppress(OSError):
                self._mail.answer(letters.pop(0), refusal)
