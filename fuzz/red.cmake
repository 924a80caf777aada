parley_fuzz(red LIBS parley_media)
