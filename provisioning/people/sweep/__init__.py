"""The timer: reads the directory, decides, and adds or removes people."""
