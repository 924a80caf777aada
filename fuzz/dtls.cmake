parley_fuzz(dtls LIBS parley_dtls)
