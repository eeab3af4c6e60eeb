"""/directory/deletedItems: the recycle bin."""
