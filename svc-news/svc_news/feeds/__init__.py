"""What the city tells, for feed readers: Atom, RSS and JSON Feed of all, of a district, of a kind."""
