"""Set-up, build and check scripts. Run as ``python -m scripts.NAME`` from the root."""
