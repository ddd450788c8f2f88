"""What the gateway itself holds of one resident: handed out to her, and erased when her account is."""
