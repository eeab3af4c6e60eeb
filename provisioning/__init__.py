"""The product: from an HR event, an admin's request or the clock to objects and members in an Entra tenant."""
