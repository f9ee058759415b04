"""TensorBoard, opened on what matters of a sweep: `python -m xor_sweep.board outputs`."""
