"""The product: from an HR event, an admin's request or the clock to objects and members in an Entra tenant."""

__version__ = "0.1.0"
