"""Who had a resident's data, and why: told to herself."""
