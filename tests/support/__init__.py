"""The code that tests of several folders share; see README.md."""
