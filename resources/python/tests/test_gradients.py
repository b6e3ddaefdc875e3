"""Norms and cosines, against what can be said by hand and by PyTorch in another way."""

from __future__ import annotations

import math

import equipoise
import pytest

torch = pytest.importorskip("torch")


def model_and_losses(seed: int):
    torch.manual_seed(seed)
    trunk = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3))
    heads = [torch.nn.Linear(3, 1) for _ in range(3)]
    shared = trunk(torch.randn(16, 5))
    losses = [(head(shared) - torch.randn(16, 1)).square().mean() for head in heads]
    return trunk, losses


def test_the_gramian_is_that_of_the_gradients(tmp_path):
    trunk, losses = model_and_losses(3)
    run = equipoise.Run(tmp_path, tasks=["a", "b", "c"])
    found = run.gramian(losses, trunk.parameters())
    run.close()
    rows = []
    for loss in losses:
        trunk.zero_grad()
        loss.backward(retain_graph=True)
        rows.append(
            torch.cat([parameter.grad.reshape(-1) for parameter in trunk.parameters()]).double()
        )
    jacobian = torch.stack(rows)
    assert found.norms == pytest.approx(jacobian.norm(dim=1).tolist(), rel=1e-6)
    for i in range(3):
        for j in range(3):
            expected = torch.cosine_similarity(jacobian[i], jacobian[j], dim=0).item()
            assert found.cosines[i][j] == pytest.approx(expected, abs=1e-6)
    singular = torch.linalg.svdvals(jacobian)
    assert found.condition_number == pytest.approx((singular[0] / singular[-1]).item(), rel=1e-5)
    assert found.sum_norm() == pytest.approx(jacobian.sum(0).norm().item(), rel=1e-6)
    weights = torch.tensor([0.5, 2, 1], dtype=torch.float64)
    assert found.sum_norm(weights.tolist()) == pytest.approx(
        (weights @ jacobian).norm().item(), rel=1e-6
    )


def test_by_hand(tmp_path):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    unused = torch.zeros(3, requires_grad=True)
    run = equipoise.Run(tmp_path, tasks=["a", "b", "zero", "off"], gradients_every=1)
    losses = {"a": (x * torch.tensor([3.0, 4.0])).sum(), "b": -x[1], "zero": (0 * x).sum()}
    found = run.gramian(losses, [x, unused])
    assert found.norms[:3] == [5, 1, 0] and math.isnan(found.norms[3])
    assert found.cosines[0][:2] == [1, -0.8]
    for i in range(4):
        assert math.isnan(found.cosines[i][2]) and math.isnan(found.cosines[3][i])
    assert found.sum_norm() == pytest.approx(math.sqrt(18), rel=1e-15)
    run.log(1, losses, gradients=found)
    losses["a"].backward()  # the graph is still there
    assert x.grad.tolist() == [3, 4] and unused.grad is None
    run.close()


def test_it_is_measured_at_every_nth_step(tmp_path):
    x = torch.ones(2, requires_grad=True)
    run = equipoise.Run(tmp_path, tasks=["a"], gradients_every=3)
    measured = [run.gramian([x.sum()], [x]) is not None for _ in range(7)]
    assert measured == [True, False, False, True, False, False, True]
    run.close()


def test_what_cannot_be_measured_is_named(tmp_path):
    x = torch.ones(2, requires_grad=True)
    run = equipoise.Run(tmp_path, tasks=["a"], gradients_every=1)
    with pytest.raises(ValueError, match="none of them requires a gradient"):
        run.gramian([x.sum()], [torch.ones(2)])
    with pytest.raises(ValueError, match="that of 'a' has no graph"):
        run.gramian([x.sum().detach()], [x])
    run.close()
