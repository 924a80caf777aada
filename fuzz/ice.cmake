parley_fuzz(ice LIBS parley_ice)
