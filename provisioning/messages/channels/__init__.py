"""The ways that mail leaves."""
