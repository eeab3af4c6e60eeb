"""Users, groups, roles and the recycle bin."""
