"""What LAKSA owns, for those who keep a copy: reports as requests of citizens, and as public documents."""
