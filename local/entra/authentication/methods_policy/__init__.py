"""/policies/authenticationMethodsPolicy: which methods there are, and who may use them."""
