"""What citizens report, and how it ends."""
