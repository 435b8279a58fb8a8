"""Weights in files of their own: .npz, .safetensors, PyTorch state dicts."""
