"""`spoil`: what spoils photographs, single or in chains, with the truth and the mask of the damage."""
