"""The objects in the tenant, one kind each."""
