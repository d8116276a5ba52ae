"""Reading and writing pictures with everything round the pixels kept: one file per family of formats."""
