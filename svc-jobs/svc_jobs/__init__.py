"""Pencaker: vacancies, seekers, applications."""
