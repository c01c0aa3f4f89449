"""The push channel over Firebase Cloud Messaging."""
