parley_fuzz(http LIBS parley_server)
