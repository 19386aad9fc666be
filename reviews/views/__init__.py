"""Pages of the association, its judges and what the public reads of the results."""
