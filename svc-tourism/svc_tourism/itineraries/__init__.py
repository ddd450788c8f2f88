"""A resident's saved places, and the day plan made of them."""
