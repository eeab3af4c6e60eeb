"""Questions about both sides: health, the status of one person, stuck work."""
