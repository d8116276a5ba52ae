"""The rules that every restorer keeps, one file per theme; `restore.testing` is the door to them."""
