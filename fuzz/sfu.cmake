parley_fuzz(sfu LIBS parley_sfu)
