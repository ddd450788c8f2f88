"""What a resident wants to be told of."""
