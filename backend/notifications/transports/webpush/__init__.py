"""The push channel of browsers: RFC 8030 with VAPID, through pywebpush."""
