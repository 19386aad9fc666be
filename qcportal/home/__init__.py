"""The roof's own pages: the public entrance, a campaign's pages, health, the clock."""
