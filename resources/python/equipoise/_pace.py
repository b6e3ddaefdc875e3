"""How often something is done that takes time."""

from __future__ import annotations

import time

_SHARE = 100  # times as long between two as one takes: 1 % of the time


class Pace:
    """Due again after `least` seconds, later where that would take more than 1 % of the time, but
    after `most` seconds at the latest."""

    def __init__(self, least: float, most: float) -> None:
        self._least, self._most = least, most
        self._next = 0.0

    def is_due(self) -> bool:
        return time.perf_counter() >= self._next

    def took(self, seconds: float) -> None:
        """Until now."""
        self._next = time.perf_counter() + min(self._most, max(self._least, _SHARE * seconds))
