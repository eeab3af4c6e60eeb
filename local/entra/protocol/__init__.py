"""Graph's protocol: paths, queries, batches, deltas and errors."""
