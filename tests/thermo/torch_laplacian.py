"""The trace of the Hessian of the mean cross-entropy by the weights and biases of each layer, by automatic
differentiation. Reads {"layers": [{"weights", "bias", "activation"}], "inputs", "targets"}, prints one number a layer."""

import json
import sys

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
ACTIVATIONS = {"identity": lambda y: y, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


def main():
    with open(sys.argv[1]) as file:
        case = json.load(file)
    x, t = torch.tensor(case["inputs"]), torch.tensor(case["targets"])
    names = [layer["activation"] for layer in case["layers"]]
    parameters = tuple(torch.tensor(layer[key]) for layer in case["layers"] for key in ("weights", "bias"))

    def loss(*parameters):
        state = x
        for l, name in enumerate(names):
            state = ACTIVATIONS[name](state @ parameters[2 * l].T + parameters[2 * l + 1])
        return -(t * torch.log_softmax(state, dim=1)).sum(dim=1).mean()

    blocks = torch.autograd.functional.hessian(loss, parameters)
    traces = [blocks[k][k].reshape(p.numel(), p.numel()).trace().item() for k, p in enumerate(parameters)]
    print(json.dumps([traces[2 * l] + traces[2 * l + 1] for l in range(len(names))]))


if __name__ == "__main__":
    main()
