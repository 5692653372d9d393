"""scikit-learn inference: MLPClassifier.predict_proba of `batch` rows after another."""
from sklearn.neural_network import MLPClassifier

from network.peers.rows import rate
from network.peers.sklearn_train import fitted


def measure(task):
    batch, task.batch, features = task.batch, 128, task.features
    task.features, task.labels = task.features[:2000], task.labels[:2000]
    classifier = fitted(task, MLPClassifier(max_iter=1))
    rate(classifier.predict_proba, features, batch, 0.2 * task.budget)
    return dict(rate=rate(classifier.predict_proba, features, batch, task.budget), remark="predict_proba")
