parley_fuzz(h264 LIBS parley_media)
