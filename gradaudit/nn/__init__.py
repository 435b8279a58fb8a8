"""The engine: a spec made ready to run, its passes, its training, and the ends of its spectrum."""
