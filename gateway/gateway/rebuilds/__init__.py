"""Read models made anew from what the services own, while events keep arriving."""
