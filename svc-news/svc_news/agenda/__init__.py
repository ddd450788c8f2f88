"""The city's agenda: events of published articles by the day, as JSON and as calendars."""
