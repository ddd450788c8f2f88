"""What a provider says of itself: its menus, and the content of its section of home."""
