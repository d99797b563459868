"""PV physics shared by nodes: pure functions on numpy arrays, in pvlib's names and SI units."""
