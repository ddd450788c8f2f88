"""Uploaded photos and documents."""
