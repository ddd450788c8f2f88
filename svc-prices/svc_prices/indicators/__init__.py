"""What prices mean: spread, classes, and the alerts of WFP (ALPS) and FAO (IFPA)."""
