"""One small file per resource; each route validates, makes one call and returns."""
