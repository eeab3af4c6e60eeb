"""The objects in the tenant: a group, an app registration, its enterprise app, an assignment, a policy."""
