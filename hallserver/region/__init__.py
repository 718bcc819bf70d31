"""The region's side: what many halls send up is stored in one PostgreSQL, exactly once."""
