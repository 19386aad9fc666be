"""Which campaign a person of the association is at work on, kept in the session."""

SESSION_KEY = "campaign"
