"""What an admin should know before a write, and what blocks it."""
