"""`make demo`: what the running stack does for people, walked through its front door; a file per service."""
