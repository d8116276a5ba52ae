"""Several frames of one scene: what the user says of them, why they were taken, how they come over each other."""
