"""The grid a careful user would search, and whom validation picks."""
import itertools

SGD_RATES, MOMENTA = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3), (0, 0.5, 0.9, 0.99)
ADAM_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03)


def sgd(rate, momentum):
    return ("--step", "sgd", "--learning-rate", rate, "--momentum", momentum)


def adam(rate):
    return ("--step", "adam", "--learning-rate", rate)


FULL = [sgd(*point) for point in itertools.product(SGD_RATES, MOMENTA)] + [adam(rate) for rate in ADAM_RATES]
SMALL = [sgd(*point) for point in itertools.product((0.01, 0.03, 0.1, 0.3), (0, 0.9))] + \
        [adam(rate) for rate in (0.0003, 0.001, 0.003)]
QUICK = [sgd(rate, 0.9) for rate in (0.01, 0.1)] + [adam(rate) for rate in (0.001, 0.01)]


def named(point):
    """'sgd 0.1, 0.9': the step, its rate, and its momentum if it has one."""
    return f"{point[1]} {', '.join(f'{value:g}' for value in point[3::2])}"


def chosen(points, results):
    """The point with the best validation accuracy, among equals with the smallest validation loss."""
    def order(pair):
        validation = pair[1]["validation"] or {}
        loss = validation.get("cross_entropy")
        return validation.get("accuracy") or 0, -float("inf") if loss is None else -loss

    return max(zip(points, results), key=order)[0]
