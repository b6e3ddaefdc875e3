"""What somebody may want of a run of one's own: checked before any of it is done."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

PLAIN = ("pause", "resume", "stop", "checkpoint")
_FIELDS: dict[str, dict[str, type]] = {
    "set_weight": {"task": int, "value": float},
    "set_number": {"name": str, "value": float},
    "set_learning_rate": {"value": float},
    "note": {"text": str},
    **{kind: {} for kind in PLAIN},
}
_TYPES = {int: "a whole number", float: "a finite number", str: "a text"}

LEARNING_RATE = "learning_rate"


class Refusal(Exception):
    """Why nothing of a letter is done."""


@dataclass(frozen=True)
class Offer:
    """What a run can be asked for."""

    tasks: Sequence[str]
    numbers: Mapping[str, float]
    checkpoints: bool


def checked(commands: Any, offer: Offer) -> list[dict[str, Any]]:
    """The commands, `set_learning_rate` as the number that it sets. Raises Refusal naming the entry."""
    if not isinstance(commands, list):
        raise Refusal(f"commands: expected a list, found {commands!r}")
    return [_checked(command, f"commands[{i}]", offer) for i, command in enumerate(commands)]


def _checked(command: Any, place: str, offer: Offer) -> dict[str, Any]:
    if not isinstance(command, dict):
        raise Refusal(f"{place}: expected a command, found {command!r}")
    kind = command.get("kind")
    if not isinstance(kind, str) or kind not in _FIELDS:
        known = ", ".join(_FIELDS)
        raise Refusal(
            f"{place}.kind: a Python program trains this run, which takes {known}; found {kind!r}"
        )
    for name, needed in _FIELDS[kind].items():
        if not _fits(command.get(name), needed):
            raise Refusal(f"{place}.{name}: expected {_TYPES[needed]}, found {command.get(name)!r}")
    for name in command:
        if name != "kind" and name not in _FIELDS[kind]:
            raise Refusal(f"{place}.{name}: {kind} has no such field")
    wish: dict[str, Any] = command
    if kind == "set_learning_rate":
        wish = {"kind": "set_number", "name": LEARNING_RATE, "value": command["value"]}
    check = _CHECKS.get(wish["kind"])
    if check:
        check(wish, place, offer)
    return wish


def _fits(value: Any, needed: type) -> bool:
    if isinstance(value, bool):
        return False
    if needed is float:
        return isinstance(value, (int, float)) and abs(value) <= sys.float_info.max
    return isinstance(value, needed)


def _check_weight(command: dict[str, Any], place: str, offer: Offer) -> None:
    if not 0 <= command["task"] < len(offer.tasks):
        last = len(offer.tasks) - 1
        raise Refusal(f"{place}.task: the run has the tasks 0 to {last}, found {command['task']}")
    if command["value"] < 0:
        raise Refusal(f"{place}.value: must be at least 0, found {command['value']}")


def _check_number(command: dict[str, Any], place: str, offer: Offer) -> None:
    if command["name"] in offer.numbers:
        return
    there = (
        f"has {', '.join(offer.numbers)}"
        if offer.numbers
        else "was given none (numbers= of equipoise.Run)"
    )
    raise Refusal(f"{place}: the run has no number {command['name']!r}; it {there}")


def _check_checkpoint(_: dict[str, Any], place: str, offer: Offer) -> None:
    if not offer.checkpoints:
        raise Refusal(f"{place}: the program writes no checkpoints (checkpoint= of equipoise.Run)")


_CHECKS: dict[str, Callable[[dict[str, Any], str, Offer], None]] = {
    "set_weight": _check_weight,
    "set_number": _check_number,
    "checkpoint": _check_checkpoint,
}
