"""What residents say of a place: one review a person and place, published after a look at it."""
