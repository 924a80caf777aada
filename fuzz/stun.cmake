parley_fuzz(stun LIBS parley_stun)
