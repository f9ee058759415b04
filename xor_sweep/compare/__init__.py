"""Two sweeps side by side: what differs between them, and which is better with what confidence. Writes nothing."""
