"""The program that develops one camera RAW, in a process of its own; started by `restore.codecs.raw`.

LibRaw gives pictures with uninitialised pixels for damaged files and says so on the standard error only. In a process
of its own that can be heard without mixing with what others print, and a crash in one of its many decoders is an
error. Imports nothing of `restore`: it is run as a file.

Standard input is the RAW file, standard output one line of JSON and then, unless it tells of an error, the pixels.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

STANDARD_INPUT = Path("/dev/fd/0")


def main() -> None:
    """Develop: camera white balance, sRGB, no automatic brightening, upright, uint16."""
    import rawpy

    most = int(sys.argv[1])
    try:
        with rawpy.RawPy() as raw:
            # From memory LibRaw reads beyond the end of damaged files, from a file it cannot. Not on Windows.
            if STANDARD_INPUT.exists():
                raw.open_file(str(STANDARD_INPUT))
            else:
                raw.open_buffer(sys.stdin.buffer)
            sizes = raw.sizes
            for width, height in ((sizes.width, sizes.height), (sizes.raw_width, sizes.raw_height // 2)):
                if not 0 < width * height <= most:
                    tell({"error": "size", "size": [width, height]})
                    return
            raw.unpack()
            pixels = raw.postprocess(output_bps=16, use_camera_wb=True, no_auto_bright=True)
    except rawpy.LibRawFileUnsupportedError:
        tell({"error": "unsupported"})
    except rawpy.LibRawError as error:
        text = error.args[0] if error.args else ""
        tell({"error": "damaged", "text": text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)})
    except MemoryError:
        tell({"error": "memory"})
    else:
        tell({"shape": pixels.shape})
        sys.stdout.buffer.write(memoryview(pixels).cast("B"))


def tell(message: dict[str, object]) -> None:
    """Write one line of JSON."""
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
