"""Tests of the stand-ins in `local/`."""
