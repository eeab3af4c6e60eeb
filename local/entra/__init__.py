"""A stateful stand-in for Microsoft Entra and Microsoft Graph v1.0 over HTTP: one module per resource."""
