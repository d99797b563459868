"""Services outside, one file each, behind the protocols of `core.ports`."""
