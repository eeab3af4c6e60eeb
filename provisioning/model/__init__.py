"""What is stored, sent or planned, as data with pure rules. No I/O."""
