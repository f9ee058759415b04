"""What TensorBoard reads: histories become bytes (`encode`), bytes become event files (`append`), and back (`read`).

Encoding is pure and vectorised over all lanes and points of a chunk; only `append` touches the disk for writing, and
only it knows how an event file is named. Nothing here imports TensorFlow.
"""
