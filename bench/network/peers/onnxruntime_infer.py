"""onnxruntime on the model that Poise wrote: probabilities of `batch` rows after another, in the units of the data."""
import numpy as np
import onnxruntime

from network.peers.rows import rate


def measure(task):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = task.threads, 1
    session = onnxruntime.InferenceSession(task.model, options, providers=["CPUExecutionProvider"])
    (features,) = session.get_inputs()

    def probabilities(rows):
        return session.run(["probabilities"], {features.name: rows})

    rows = np.ascontiguousarray(task.features * np.float32(task.unit))
    rate(probabilities, rows, task.batch, 0.2 * task.budget)
    return dict(rate=rate(probabilities, rows, task.batch, task.budget), remark=onnxruntime.__version__)
