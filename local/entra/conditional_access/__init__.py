"""Conditional Access: policies, locations and What If."""
