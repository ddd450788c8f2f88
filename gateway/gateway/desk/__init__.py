"""How administrators change what apps are shown: one at a time, audited, heard by every worker."""
