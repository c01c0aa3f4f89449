"""`fieldbeat dev-fcm`: a local FCM v1 server for machines without Firebase credentials. Knows nothing of Django."""
