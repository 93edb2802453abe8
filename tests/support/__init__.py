"""What the tests of several folders share; see README.md."""
