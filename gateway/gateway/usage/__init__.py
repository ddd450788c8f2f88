"""How front ends use their keys: counted in memory on the way of a request, kept day by day."""
