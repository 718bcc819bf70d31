"""The rules of the hall, pure: no wire, no database, no clock, no chance."""
