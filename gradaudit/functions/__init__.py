"""Activations, losses, initialisers and optimizers: a table of names, parameters and mathematics each."""
