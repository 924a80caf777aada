parley_fuzz(vp9 LIBS parley_media)
