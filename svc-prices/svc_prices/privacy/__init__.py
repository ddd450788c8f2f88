"""What this service holds of one resident: her watches."""
