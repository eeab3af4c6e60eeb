"""The board: how cohorts of new hires stand, for HR and managers who hold an app role. From the ledger alone."""
