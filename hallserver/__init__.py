"""The hall server: rules, journal, wire, and the client side of the wire."""
