"""What this service owns, for those who keep a copy: markets and commodities as public documents."""
