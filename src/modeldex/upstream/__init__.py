"""Data from elsewhere: provider APIs, data sets, files, other registries."""
