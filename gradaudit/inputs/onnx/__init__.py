"""ONNX files, read without any ONNX library."""
