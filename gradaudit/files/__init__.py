"""Input files: the one way of opening them, and where they may lie."""
