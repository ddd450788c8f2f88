"""Residents and the providers they know: by a name of her own at each, and what these say of her requests."""
