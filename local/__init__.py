"""What a laptop lacks: a stand-in for Entra and Graph, for the Functions host with Easy Auth, and Azurite. Never deployed."""
