parley_fuzz(srtp LIBS parley_srtp)
