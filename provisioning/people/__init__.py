"""New hires: what HR says of them, which account is theirs, when they are invited, and what they registered."""
