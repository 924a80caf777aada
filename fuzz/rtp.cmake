parley_fuzz(rtp LIBS parley_rtp)
