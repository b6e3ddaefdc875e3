"""How the tasks' gradients disagree. The definitions are those of core/gradient/conflict.h."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

_ZERO_ROW = 1e-24  # of the trace: a row whose square is at most that is none


@dataclass(frozen=True)
class Gradients:
    """What was measured at one step, K tasks in their order."""

    gramian: tuple[tuple[float, ...], ...]
    """[K][K] of the tasks' gradients in the shared parameters; NaN for a task without a loss."""
    condition_number: float
    """Largest singular value of the K gradients / smallest one above rounding."""

    @property
    def norms(self) -> list[float]:
        return [_root(row[k]) for k, row in enumerate(self.gramian)]

    @property
    def cosines(self) -> list[list[float]]:
        """[K][K]; NaN where a gradient is zero or not finite, or a task has no loss."""
        usable, norms = self._usable(), self.norms
        return [
            [
                self._cosine(i, j, norms) if i in usable and j in usable else math.nan
                for j in range(len(norms))
            ]
            for i in range(len(norms))
        ]

    def sum_norm(self, weights: Sequence[float] | None = None) -> float:
        """Of the sum of all gradients, or of the weighted one. A task without a loss is left out."""
        there = [k for k, row in enumerate(self.gramian) if not math.isnan(row[k])]
        w = [1.0] * len(self.gramian) if weights is None else weights
        square = sum(w[i] * w[j] * self.gramian[i][j] for i in there for j in there)
        return _root(square)

    def _usable(self) -> set[int]:
        squares = [row[k] if math.isfinite(row[k]) else 0.0 for k, row in enumerate(self.gramian)]
        return {k for k, square in enumerate(squares) if square > _ZERO_ROW * sum(squares)}

    def _cosine(self, i: int, j: int, norms: Sequence[float]) -> float:
        if i == j:
            return 1.0
        return min(1.0, max(-1.0, self.gramian[i][j] / (norms[i] * norms[j])))


def _root(square: float) -> float:
    """Rounding can leave a square of nearly nothing below 0."""
    return math.nan if math.isnan(square) else math.sqrt(max(0.0, square))


def measure(
    losses: Sequence[Any], names: Sequence[str], shared_parameters: Iterable[Any]
) -> Gradients:
    """Exact, by K passes backward, which keep the graph: train with the same losses afterwards.

    losses: tensors of one number, or None. Takes memory for K gradients.
    """
    import torch

    parameters = [parameter for parameter in shared_parameters if parameter.requires_grad]
    if not parameters:
        raise ValueError(
            "shared_parameters: none of them requires a gradient; pass those that are trained"
        )
    there = [k for k, loss in enumerate(losses) if loss is not None]
    gradients = [_gradient(torch, losses[k], names[k], parameters) for k in there]
    gramian = torch.zeros(len(there), len(there), dtype=torch.float64)
    for place, parameter in enumerate(parameters):
        gramian += _gramian_in(torch, [gradient[place] for gradient in gradients], parameter)
    rows = [[math.nan] * len(losses) for _ in losses]
    for i, row in zip(there, gramian.tolist()):
        for j, value in zip(there, row):
            rows[i][j] = value
    return Gradients(tuple(map(tuple, rows)), _condition_number(torch, gramian))


def _gradient(torch: Any, loss: Any, name: str, parameters: Sequence[Any]) -> Sequence[Any]:
    """A tensor or None a parameter."""
    if not getattr(loss, "requires_grad", False):
        raise ValueError(
            f"losses: that of {name!r} has no graph; pass it before .detach() or .item()"
        )
    found: Sequence[Any] = torch.autograd.grad(
        loss, parameters, retain_graph=True, allow_unused=True
    )
    return found


def _gramian_in(torch: Any, gradients: Sequence[Any], parameter: Any) -> Any:
    """[K, K] in one parameter; None is a gradient of zeros."""
    device = "cpu" if parameter.device.type == "mps" else parameter.device  # which has no float64
    matrix = torch.zeros(len(gradients), parameter.numel(), dtype=torch.float64, device=device)
    for row, gradient in zip(matrix, gradients):
        if gradient is not None:
            row.copy_((gradient.to_dense() if gradient.is_sparse else gradient).reshape(-1))
    return (matrix @ matrix.T).cpu()


def _condition_number(torch: Any, gramian: Any) -> float:
    if len(gramian) == 0 or not bool(torch.isfinite(gramian).all()):
        return math.nan
    squares: list[float] = torch.linalg.eigvalsh(gramian).tolist()
    cut = max(0.0, squares[-1] * len(squares) * sys.float_info.epsilon)
    kept = [square for square in squares if square > cut]
    return math.sqrt(kept[-1] / kept[0]) if kept else math.nan
