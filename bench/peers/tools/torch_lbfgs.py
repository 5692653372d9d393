"""PyTorch's L-BFGS (strong Wolfe) on cross_entropy(linear(X)) + λ/2 ‖W‖², gradients by autograd.

`standardize` fits V in standardized features with the penalty of W = V/σ: the same objective, better conditioned, as a
user who knows how would write it by hand.
"""
import numpy as np
import torch


class ObservedLbfgs(torch.optim.LBFGS):
    """Reports each accepted iterate; the line search's trial points pass through _directional_evaluate."""
    probing = False
    accepted = staticmethod(lambda: None)

    def _directional_evaluate(self, *arguments):
        self.probing = True
        try:
            return super()._directional_evaluate(*arguments)
        finally:
            self.probing = False

    def _add_grad(self, *arguments):
        super()._add_grad(*arguments)
        if not self.probing:
            self.accepted()


def prepare(problem, dtype, standardize):
    """Features as a tensor, and the μ, σ they were shifted and scaled by."""
    features = problem.features(dtype)
    if problem.sparse:
        rows = features.tocoo()
        indices = torch.from_numpy(np.stack([rows.row, rows.col]).astype(np.int64))
        return torch.sparse_coo_tensor(indices, torch.from_numpy(rows.data), rows.shape).coalesce(), 0.0, np.ones(1)
    if not standardize:
        return torch.from_numpy(features), 0.0, np.ones(1)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    deviation[deviation == 0] = 1.0
    return torch.from_numpy((features - mean) / deviation), mean, deviation


def canonical(weights, bias, mean, deviation):
    matrix = weights.detach().numpy().T.astype(np.float64) / deviation[:, None]
    return np.vstack([matrix, bias.detach().numpy() - mean @ matrix if np.ndim(mean) else bias.detach().numpy()])


def train(problem, dtype, threads, recorder, history, standardize=False):
    torch.set_num_threads(threads)
    features, mean, deviation = prepare(problem, dtype, standardize)
    labels, scale = torch.from_numpy(problem.labels), torch.from_numpy(1.0 / deviation).to(features.dtype)
    weights = torch.zeros(problem.classes, problem.columns, dtype=features.dtype, requires_grad=True)
    bias = torch.zeros(problem.classes, dtype=features.dtype, requires_grad=True)
    optimizer = ObservedLbfgs([weights, bias], max_iter=10**6, max_eval=10**7, history_size=history, tolerance_grad=0.0,
                              tolerance_change=0.0, line_search_fn="strong_wolfe")
    last = None

    def closure():
        nonlocal last
        recorder.check_budget()
        optimizer.zero_grad()
        if problem.sparse:
            scores = torch.sparse.mm(features, weights.T) + bias
        else:
            scores = torch.addmm(bias, features, weights.T)
        loss = torch.nn.functional.cross_entropy(scores, labels) + 0.5 * problem.l2 * (weights * scale).square().sum()
        loss.backward()
        last = float(loss)
        return loss

    optimizer.accepted = lambda: recorder.add(canonical(weights, bias, mean, deviation),
                                              last)
    recorder.start()
    optimizer.step(closure)
    return "ended by itself"
