"""No knobs: Poise's defaults against a grid of its own settings and scikit-learn's defaults. See bench/README.md."""
