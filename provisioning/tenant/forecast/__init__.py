"""Whether people can finish: one person, a cohort, or everybody on the day of enforcement. Reads only."""
