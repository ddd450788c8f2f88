"""Prices in and out: CSV in the columns of WFP/HDX, rows of the Panel Harga, a Frictionless data package."""
