parley_fuzz(token LIBS parley_server)
