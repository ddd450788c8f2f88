"""The city's map for map programs: OGC API - Features, Part 1 (OGC 17-069r4)."""
