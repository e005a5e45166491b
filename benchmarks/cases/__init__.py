"""What is measured, one concept per module; each offers `rows(ground)`."""
