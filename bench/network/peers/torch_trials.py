"""Which settings make PyTorch fastest here: each combination trains some batches; the fastest one's are printed."""
import itertools
import time

import torch

from network.peers.torch_train import Trainer

WARM_UP, SECONDS = 0.3, 0.6
CHOICES = dict(jit=(False, True), foreach=(False, True), feed=("slices", "index"))
BF16_CHOICES = CHOICES | dict(stored=(False, True))


def some_rows(task, count=12800):
    task.features, task.labels = task.features[:count], task.labels[:count]


def rate(task, settings):
    """Samples a second of whole epochs of the first rows; 0 if PyTorch cannot run these settings."""
    try:
        trainer = Trainer(task, **settings)
        for seconds in (WARM_UP, SECONDS):
            start, epochs = time.perf_counter(), 0
            while time.perf_counter() - start < seconds:
                trainer.epoch()
                epochs += 1
        return epochs * len(task.labels) / (time.perf_counter() - start)
    except RuntimeError:
        return 0.0


def measure(task):
    torch.set_num_threads(task.threads)
    torch.manual_seed(task.seed)
    some_rows(task)
    choices = BF16_CHOICES if task.options.get("bf16") else CHOICES
    tried = [dict(zip(choices, values)) for values in itertools.product(*choices.values())]
    rates = [rate(task, task.options | settings) for settings in tried]
    return dict(settings=tried[rates.index(max(rates))], rate=max(rates))
