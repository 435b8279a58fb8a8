"""A model of a framework, described layer by layer, becomes a ModelSpec."""
