## How the page reaches the server, where not by a socket.

js-way-events = backup connection
js-way-asking = slow connection
