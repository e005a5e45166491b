"""For the tests of programs that use the library: a pytest plugin."""
