"""Fields, values, providers and prices: the words of all other packages."""
