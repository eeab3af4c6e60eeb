"""Permissions, throttling and faults: why a call may be refused."""
