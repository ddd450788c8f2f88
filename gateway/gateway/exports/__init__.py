"""A resident takes everything away that the city holds of her."""
