"""Invented people, organisations and results for demonstrations. Nobody here exists."""
