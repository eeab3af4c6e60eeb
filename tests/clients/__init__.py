"""Command lines that nobody here wrote, run against the stand-in tenant: `make clients`."""
