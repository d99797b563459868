"""Outside services, one file each, implementing `core.ports`."""
