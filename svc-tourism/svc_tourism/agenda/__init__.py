"""Events of the news agenda near a place: a read model."""
