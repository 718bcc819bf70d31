"""What hall staff and the hall itself look at, and the shared kit."""
