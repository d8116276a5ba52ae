"""How good a picture made of several frames is, judged by the frames: there is no truth to compare with.

One file per measure, each from its paper. All work on planes ``(H, W)`` of float64 with white at 255 (`planes.grey`):
published figures of one method differ by half between programs (VIF 0.58 and 0.82), so that every convention is
stated, and only figures of one program compare. `scores.fusion_scores` takes all of them.
"""
