"""The seals of our chain that the gateway keeps."""
