"""What is recorded of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

KINDS = (
    "classification",
    "binary",
    "multilabel",
    "ordinal",
    "regression",
    "segmentation",
    "objective",
)


@dataclass(frozen=True)
class Task:
    """A task by its name, and what its target is where plots and tables are to know it."""

    name: str
    kind: str = "regression"
    width: int = 1
    """Classes, ranks, labels or numbers of the output."""
    class_names: Sequence[str] = ()
    """None, or one a class."""
    unit: str = ""
    """Of a number's target."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("tasks: a task has no name; give it one")
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}.kind: {self.kind!r} is none of {', '.join(KINDS)}")
        if self.width < 1:
            raise ValueError(f"{self.name}.width: must be at least 1, found {self.width}")

    def as_json(self) -> dict[str, Any]:
        """As the folder's `task_infos` has it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "width": self.width,
            "class_names": list(self.class_names),
            "unit": self.unit,
            "fields": [],
        }


def tasks_from(tasks: Sequence[str | Task]) -> tuple[Task, ...]:
    """Raises ValueError without a task, and where two have one name."""
    if isinstance(tasks, str):
        raise TypeError(f"tasks: expected a list of names, found the text {tasks!r}")
    made = tuple(task if isinstance(task, Task) else Task(task) for task in tasks)
    if not made:
        raise ValueError("tasks: at least one is needed, found none")
    names = [task.name for task in made]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"tasks: the name {name!r} stands for {names.count(name)} of them")
    return made
