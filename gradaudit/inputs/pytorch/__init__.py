"""PyTorch modules, told by name: nothing here imports torch before a module was handed over that brought it along."""
