"""Azure Communication Services, as far as the product asks it."""
