"""e-Plesiran and the city map."""
