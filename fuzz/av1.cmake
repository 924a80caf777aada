parley_fuzz(av1 LIBS parley_media)
