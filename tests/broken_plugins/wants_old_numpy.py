"""Was written for a library's older version: `numpy.float_` is gone since NumPy 2."""

import numpy as np

WHITE = np.float_(1)  # type: ignore[attr-defined]
