"""`fieldbeat dev-push`: a local push service for browsers (RFC 8030, 8291, 8292), to which Firefox can be pointed.

Knows nothing of Django."""
