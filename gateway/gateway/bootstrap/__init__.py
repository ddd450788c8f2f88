"""What an app must know when it starts: whether it is too old, what is switched on, whom to call."""
