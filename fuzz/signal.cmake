parley_fuzz(signal LIBS parley_signal)
