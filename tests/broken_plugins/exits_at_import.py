"""Ends the process when it is imported, as a script would."""

import sys

sys.exit("I am not a plugin")
