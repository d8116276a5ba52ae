"""Masks: what of a picture is missing, in every way a user can say it, and how a filling is put back into it."""
