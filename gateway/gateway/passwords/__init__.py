"""Staff sign in with a password and a one-time code (TOTP)."""
