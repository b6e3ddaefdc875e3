"""Writes the run folder of a training loop of your own, which Equipoise shows live and steers.

with equipoise.Run("runs", tasks=["left", "right"], steps=1000) as run:
    for step in range(1, 1001):
        weights = run.weights()
        ...
        run.log(step, losses={"left": left, "right": right})
"""

from ._gradients import Gradients
from ._run import Run, Stopped
from ._task import Task

__all__ = ["Gradients", "Run", "Stopped", "Task"]
