"""Stories told over HTTP and WebSocket, against processes as an operator starts them."""
