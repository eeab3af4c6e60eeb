"""/users: people."""
