"""What HR systems send: runs in the front app, which holds no Graph permission."""
