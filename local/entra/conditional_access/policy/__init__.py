"""/identity/conditionalAccess/policies."""
