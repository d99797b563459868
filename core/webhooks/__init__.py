"""Webhooks without their I/O: which addresses may be called, what is sent and how it is signed, when it is tried."""
