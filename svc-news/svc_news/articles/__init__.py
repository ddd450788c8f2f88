"""What the city tells: news, announcements, clarifications of hoaxes, its agenda; as the public reads it."""
