"""What every model must satisfy, wherever it was read from: names, ranges, shapes, its output."""
