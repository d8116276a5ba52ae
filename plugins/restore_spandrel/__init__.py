"""The community's networks, from the user's own files, with the library spandrel."""
