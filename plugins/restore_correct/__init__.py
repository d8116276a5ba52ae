"""Corrections without a network: geometry of scans and prints, light and colour, haze, contrast, sharpness."""
