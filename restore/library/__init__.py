"""`restore` from Python: arrays, Pillow images, tensors, files and folders in, the same kind out (docs/python.md)."""
