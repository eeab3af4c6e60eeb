"""The page a person reaches after signing in: what was done, and what comes next."""
