"""scikit-learn: MLPClassifier.fit on float32 features with SGD, momentum, no penalty; epochs are timed from inside."""
from sklearn.neural_network import MLPClassifier

ACTIVATIONS = {"sigmoid": "logistic", "relu": "relu"}
NEVER = 10**9


class TimedClassifier(MLPClassifier):
    def _update_no_improvement_count(self, *arguments):
        """Called once an epoch. fit() takes KeyboardInterrupt for the wish to end early, and keeps the weights."""
        super()._update_no_improvement_count(*arguments)
        if self.clock.epoch_ended():
            raise KeyboardInterrupt


def fitted(task, classifier):
    return classifier.set_params(hidden_layer_sizes=tuple(task.widths[1:-1]), activation=ACTIVATIONS[task.activation],
                                 solver="sgd", alpha=0.0, batch_size=task.batch, learning_rate_init=task.learning_rate,
                                 momentum=task.momentum, nesterovs_momentum=False, tol=0.0, n_iter_no_change=NEVER,
                                 random_state=task.seed).fit(task.features, task.labels)


def measure(task):
    classifier = TimedClassifier(max_iter=NEVER)
    classifier.clock = task.clock
    fitted(task, classifier)
    return task.clock.result(len(task.labels), classifier.score(task.features, task.labels))
