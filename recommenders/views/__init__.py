"""The recommending body's pages."""
