"""Builds what is deployed: the product, the packages it needs, and nothing else."""
