parley_fuzz(sdp LIBS parley_sdp)
