"""/servicePrincipals: the presence of applications in the tenant."""
