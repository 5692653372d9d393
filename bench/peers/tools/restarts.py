"""Tools that show no iterates: fitted anew to ever smaller tolerance, each fit a point of its own time, until the
referee says that 1e-6 is reached. What they are given is made outside the clock, as they like it best.
"""
import importlib
import time


def train(problem, dtype, threads, recorder, tool, **options):
    module = importlib.import_module(f"peers.tools.{tool}")
    fit = module.prepare(problem, dtype, threads, **options)
    recorder.start()
    for tolerance in module.TOLERANCES:
        start = time.perf_counter()
        theta = fit(tolerance)
        recorder.append(time.perf_counter() - start, theta, ask=True)
        recorder.check_budget()
    return f"tolerances down to {module.TOLERANCES[-1]:g}"
