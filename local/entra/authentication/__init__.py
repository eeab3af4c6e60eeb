"""Authentication methods, their policy, strengths and the registration report."""
