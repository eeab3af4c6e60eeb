"""/policies/authenticationMethodsPolicy: which methods there are, and for whom."""
