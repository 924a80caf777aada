parley_fuzz(load_socket LIBS parley_load)
