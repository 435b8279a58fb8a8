"""Changes of a spec: of the model itself, and of the text of its file."""
