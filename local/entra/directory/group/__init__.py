"""/groups, their members, and who may become one."""
