"""scikit-learn's perceptrons, in objects and in files."""
