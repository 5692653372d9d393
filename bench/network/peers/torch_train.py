"""PyTorch: torch.optim.SGD with momentum on cross_entropy, eager or scripted, float32 or bf16 autocast.

Options: `jit` (torch.jit.script), `foreach` (the optimizer's grouped update), `feed`: batches by tensor indexing ("index")
or as slices of features put into the epoch's order at once ("slices"), `bf16` (autocast), `stored`: features kept as
bfloat16 rather than converted batch by batch.
"""
import contextlib

import torch

ACTIVATIONS = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}


def build(widths, activation):
    modules = []
    for inputs, outputs in zip(widths, widths[1:]):
        modules += [torch.nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
    return torch.nn.Sequential(*modules[:-1])


class Trainer:
    def __init__(self, task, bf16=False, jit=False, foreach=False, feed="slices", stored=False):
        self.batch, self.feed, self.bf16 = task.batch, feed, bf16
        self.features, self.labels = torch.from_numpy(task.features), torch.from_numpy(task.labels)
        if stored:
            self.features = self.features.bfloat16()
        model = build(task.widths, task.activation)
        self.model = torch.jit.script(model) if jit else model
        self.optimizer = torch.optim.SGD(self.model.parameters(), task.learning_rate, task.momentum, foreach=foreach)

    def autocast(self):
        return torch.autocast("cpu", dtype=torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def batches(self):
        order = torch.randperm(len(self.labels))
        if self.feed == "slices":
            features, labels = self.features[order], self.labels[order]
            for first in range(0, len(order), self.batch):
                yield features[first:first + self.batch], labels[first:first + self.batch]
        else:
            for rows in order.split(self.batch):
                yield self.features[rows], self.labels[rows]

    def step(self, features, labels):
        self.optimizer.zero_grad(set_to_none=True)
        with self.autocast():
            loss = torch.nn.functional.cross_entropy(self.model(features), labels)
        loss.backward()
        self.optimizer.step()

    def epoch(self):
        for features, labels in self.batches():
            self.step(features, labels)

    @torch.no_grad()
    def accuracy(self):
        with self.autocast():
            return (self.model(self.features).argmax(1) == self.labels).float().mean()


def measure(task):
    torch.set_num_threads(task.threads)
    torch.manual_seed(task.seed)
    trainer = Trainer(task, **task.options)
    while True:
        trainer.epoch()
        if task.clock.epoch_ended():
            return task.clock.result(len(task.labels), trainer.accuracy())
