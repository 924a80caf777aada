parley_fuzz(rtcp LIBS parley_rtp)
