parley_fuzz(settings LIBS parley_server)
