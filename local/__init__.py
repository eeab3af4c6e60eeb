"""What a laptop lacks: stand-ins for Entra, Graph and the Functions host, and Azurite. Never deployed."""
