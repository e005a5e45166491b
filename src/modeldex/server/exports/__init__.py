"""The whole catalog in the forms that other programs read."""
