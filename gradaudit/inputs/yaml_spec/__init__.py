"""A spec file becomes a ModelSpec."""
