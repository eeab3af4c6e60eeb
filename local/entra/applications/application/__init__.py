"""/applications: app registrations."""
