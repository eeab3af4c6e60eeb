"""What azd runs before and after its own steps: preflight, package, and the stops that only a person can pass."""
