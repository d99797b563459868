"""The climate of a place: maps and stations that ship with the product, typical years that people bring."""
