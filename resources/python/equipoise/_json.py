"""JSON that a run's record can hold: its readers know no NaN, no half characters, no deep nesting."""

from __future__ import annotations

import json
from typing import Any

_DEEPEST = 50  # brackets within each other; what is recorded of it lies a little deeper


def written(content: Any, indent: int | None = None) -> str:
    """What JSON has not becomes text. Raises ValueError for what a record cannot hold."""
    text = json.dumps(content, indent=indent, default=str, allow_nan=False, ensure_ascii=False)
    text.encode()
    _require_flat(json.loads(text))
    return text


def parsed(text: bytes) -> Any:
    """Raises ValueError, or RecursionError, also for what a record cannot hold."""
    content = json.loads(text, parse_constant=_refuse)
    written(content)
    return content


def _require_flat(content: Any) -> None:
    if _depth(content) > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} brackets stand within each other")


def _depth(content: Any) -> int:
    inner = content.values() if isinstance(content, dict) else content
    if not isinstance(content, (dict, list)):
        return 0
    return 1 + max(map(_depth, inner), default=0)


def _refuse(constant: str) -> float:
    raise ValueError(f"there is no {constant} in JSON")
