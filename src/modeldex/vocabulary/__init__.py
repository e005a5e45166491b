"""Fields, values, units, providers and prices, which all other packages use."""
