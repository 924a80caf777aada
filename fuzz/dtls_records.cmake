parley_fuzz(dtls_records LIBS parley_crypto)
