"""What mends photographs without a network: light and colour, haze, edges, scans that lie askew, prints photographed.

Everything takes and returns arrays ``(H, W, C)``, C = 1 or 3 (RGB), uint8, uint16 or float32 (1.0 = white), and keeps
depth and channels. What is looked for is found by ``estimate_…`` functions, on reduced copies; what is done about it,
by ``apply_…`` functions, piece by piece. Each has a strength from 0 to 1; 0 gives back the very same array.
"""
