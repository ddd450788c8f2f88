"""The answer cache: public answers out of memory, purged by events, asked for once however many ask."""
