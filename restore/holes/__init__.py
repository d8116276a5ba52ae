"""Holes drawn by chance: what `restore benchmark inpaint` spoils pictures with, and what inpainters can learn from.

``drawing`` draws one of `KINDS`; ``strokes`` has brushes and scratches, ``lettering`` text. A hole depends on the size
of the picture and on the generator alone. What they cover of 768 x 512 pixels, mean of 100 seeds:

===========  =======  =============================================
kind         covered  what
===========  =======  =============================================
``brush20``   20.0 %  free-form brushes, 12 to 40 pixels wide
``brush40``   40.0 %  more of them
``scratch``    3.2 %  long, 1 to 5 pixels wide, some dashed
``text``       8.8 %  words, 14 to 64 pixels large, many angles
``boxes``     14.9 %  rectangles, a tenth to a third of each edge
===========  =======  =============================================

Widths are in pixels whatever the size; shares are reached in pictures of any size, in small ones with more excess.
"""

KINDS = ("brush20", "brush40", "scratch", "text", "boxes")
"""Names of the kinds, for those who do not want to load OpenCV yet."""
