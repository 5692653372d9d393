"""PyTorch inference: scores of `batch` rows after another, in inference mode; the fastest of eager, frozen and optimized."""
import torch

from network.peers.rows import rate
from network.peers.torch_train import build


def modes(model, example):
    """The model as it is, scripted and frozen, and through optimize_for_inference; what fails is left out."""
    yield "eager", model
    with torch.no_grad():
        frozen = torch.jit.freeze(torch.jit.trace(model, example))
        yield "jit, frozen", frozen
        try:
            optimized = torch.jit.optimize_for_inference(torch.jit.trace(model, example))
            optimized(example)
            yield "optimize_for_inference", optimized
        except RuntimeError:
            pass


def measure(task):
    torch.set_num_threads(task.threads)
    features = torch.from_numpy(task.features)
    found = {}
    for name, model in modes(build(task.widths, task.activation).eval(), features[:task.batch]):
        with torch.inference_mode():
            rate(model, features, task.batch, 0.2 * task.budget)
            found[name] = rate(model, features, task.batch, task.budget)
    best = max(found, key=found.get)
    return dict(rate=found[best], remark=best)
