"""What this service owns, for those who keep a copy: articles, events and agencies' items as documents."""
