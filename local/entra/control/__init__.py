"""The control side under `/_local/`."""
