parley_fuzz(negotiation LIBS parley_peer)
