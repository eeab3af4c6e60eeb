"""Directory roles, and who holds or may activate them."""
