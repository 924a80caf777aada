parley_fuzz(extensions LIBS parley_rtp)
