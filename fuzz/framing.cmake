parley_fuzz(framing LIBS parley_net)
