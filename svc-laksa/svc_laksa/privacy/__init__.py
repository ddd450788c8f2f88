"""One person's reports: handed out to her, and erased when her account is."""
