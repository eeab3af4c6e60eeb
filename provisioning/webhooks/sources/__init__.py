"""The HR systems: how each proves itself, and what its body means.

Those whose form a few lines of data can say are profiles (profiles/*.toml, and a customer's own); the others are a
module each. README.md here tells how to write a profile.
"""
