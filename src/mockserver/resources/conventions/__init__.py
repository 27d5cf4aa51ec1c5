"""Conventions of vendors, frameworks and formats: names and shapes that tell what an API means."""
