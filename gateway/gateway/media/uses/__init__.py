"""Which services use which photos: one is kept until the last of them has let it go."""
