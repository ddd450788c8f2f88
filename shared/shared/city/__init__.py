"""The city pack: reading it, naming what is wrong in it, areas, calendar, agencies, texts."""
