"""Animations, as GIF or MP4: of the sheets that a training keeps, and of a way through a latent space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from torch import Tensor

from restore.codecs.atomic import atomic_path
from restore.errors import InputError, PluginError
from restore_generate.grids import ENLARGED
from restore_generate.snapshots import FOLDER, kept

CAPTION = 24
"""Height of the line below a frame that says the step, in pixels."""
HELD = 2.0
"""Seconds for which the last frame stays."""
EDGE = 256
"""About how large a single picture is shown, in pixels."""


def sheets(work: Path, grids: bool) -> list[tuple[Path, int]]:
    """The sheets that a training has kept, with their steps, in order.

    Args:
        work: The work folder of a training, or the folder of sheets in it.
        grids: Take the grids of its reports instead.

    Raises:
        InputError: It is no folder, or keeps none.
    """
    if not work.is_dir():
        said = "is not a folder." if work.exists() else "does not exist."
        hint = "Name the work folder of a training: OUTPUT without its suffix, with '-training'."
        raise InputError(said, path=work, hint=hint)
    found = kept(work, "grid-") if grids else kept(work / FOLDER) or kept(work)
    if not found:
        said = "there are no grids of reports in it." if grids else "no frames have been kept in it."
        hint = "Name the work folder of a training."
        if not grids and kept(work, "grid-"):
            hint = "It was trained with --set frames=0; --grids animates the grids of its reports instead."
        raise InputError(said, path=work, hint=hint)
    return found


def captioned(found: Sequence[tuple[Path, int]]) -> Iterator[Image.Image]:
    """Sheets with their steps written below, RGB; those of training frames are enlarged, as grids are already.

    Raises:
        InputError: A sheet cannot be read, or is not of the first one's size.
    """
    first: tuple[int, int] | None = None
    for path, step in found:
        picture = _read(path)
        first = first or picture.size
        if picture.size != first:
            hint = "Take it out of the folder."
            raise InputError(f"is not of the size of {found[0][0].name}.", path=path, hint=hint)
        if not path.stem.startswith("grid-"):
            picture = picture.resize((ENLARGED * first[0], ENLARGED * first[1]), Image.Resampling.NEAREST)
        frame = Image.new("RGB", (picture.width, picture.height + CAPTION), "white")
        frame.paste(picture)
        at = (picture.width // 2, picture.height + CAPTION // 2)
        ImageDraw.Draw(frame).text(at, f"step {step:,}", "black", ImageFont.load_default(15), "mm")
        yield frame


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(f"cannot be read ({error}).", path=path, hint="Take it out of the folder.") from error


def there_and_back(pictures: Tensor) -> Iterator[Image.Image]:
    """Pictures ``(N, C, H, W)`` in [0, 1] one by one, enlarged, and back again, so that it can go round for ever."""
    times = max(1, EDGE // pictures.shape[-1])
    arrays = (pictures.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    for array in (*arrays, *arrays[-2:0:-1]):
        frame = Image.fromarray(array if array.shape[2] == 3 else np.repeat(array, 3, 2))
        yield frame.resize((frame.width * times, frame.height * times), Image.Resampling.NEAREST)


def write_animation(path: Path, frames: Iterable[Image.Image], fps: int, held: float = 0.0) -> None:
    """Write an animation that goes round for ever (GIF) or once (MP4), by the suffix of `path`.

    Args:
        path: A .gif or .mp4 file.
        frames: RGB, of one size; at least one.
        fps: Frames per second.
        held: Seconds for which the last frame stays, beside its own turn.

    Raises:
        OutputError: The file cannot be written.
        PluginError: MP4 is asked for and PyAV is not installed.
    """
    with atomic_path(path) as temporary:
        (_write_mp4 if path.suffix.lower() == ".mp4" else _write_gif)(temporary, frames, fps, held)


def _write_gif(path: Path, frames: Iterable[Image.Image], fps: int, held: float) -> None:
    # A palette for each frame, without dithering: noise would move from frame to frame, and cost many bytes.
    few = [frame.quantize(256, dither=Image.Dither.NONE) for frame in frames]
    durations = [round(1000 / fps)] * len(few)
    durations[-1] += round(1000 * held)
    few[0].save(path, "GIF", save_all=True, append_images=few[1:], duration=durations, loop=0)


def check_can_write(path: Path) -> None:
    """Refuse a kind of animation that needs what is not installed, before anything is computed.

    Raises:
        PluginError: MP4 is asked for and PyAV is not installed.
    """
    if path.suffix.lower() != ".mp4":
        return
    try:
        import av  # noqa: F401
    except ImportError as error:
        hint = "Install it with: pip install 'restore-photos[video]', or write a .gif."
        raise PluginError(f"MP4 needs PyAV, which cannot be imported ({error}).", hint=hint) from error


def _write_mp4(path: Path, frames: Iterable[Image.Image], fps: int, held: float) -> None:
    check_can_write(path)
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "18"})
        stream.pix_fmt = "yuv420p"  # the one that every player and browser shows
        for k, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(_even(np.asarray(frame)), format="rgb24")
            if not k:
                stream.width, stream.height = picture.width, picture.height
            container.mux(stream.encode(picture))
        for _ in range(round(held * fps)):
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _even(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """With a row and a column of white where there is an odd number: colour has half of the resolution."""
    height, width = array.shape[:2]
    return np.pad(array, ((0, height % 2), (0, width % 2), (0, 0)), constant_values=255)
