"""People sign in with a code sent to their phone."""
