"""/users/{id}/authentication: registered sign-in methods."""
