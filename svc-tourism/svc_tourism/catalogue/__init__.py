"""The city's open data sets, and those of other agencies, as one catalogue (DCAT 3, Satu Data Indonesia)."""
