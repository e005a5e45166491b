"""The data of the world: listings, data sets, files, other registries."""
