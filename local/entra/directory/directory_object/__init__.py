"""/directoryObjects: what users, groups, applications and service principals have in common."""
