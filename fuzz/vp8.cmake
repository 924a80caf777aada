parley_fuzz(vp8 LIBS parley_media)
