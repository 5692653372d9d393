"""train --calibrate beside scikit-learn's CalibratedClassifierCV. See bench/README.md."""
