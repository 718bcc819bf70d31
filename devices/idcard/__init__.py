"""Readers of resident identity cards that speak the SAM_V serial protocol."""
