parley_fuzz(websocket LIBS parley_server)
