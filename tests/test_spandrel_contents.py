"""What a model file is for is known before a run, and another command is pointed to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from restore_spandrel.contents import Network, check_task, described

from restore.errors import WeightsError
from tests.spandrel_models import written

TWICE = Network(architecture="ESRGAN", purpose="SR", scale=2, input_channels=3, output_channels=3)
MENDS = Network(architecture="NAFNet", purpose="Restoration", scale=1, input_channels=3, output_channels=3)
FILLS = Network(architecture="LaMa", purpose="Inpainting", scale=1, input_channels=3, output_channels=3)
FACES = Network(architecture="GFPGAN", purpose="FaceSR", scale=1, input_channels=3, output_channels=3)


@pytest.mark.parametrize(
    ("network", "task", "right"),
    [
        (TWICE, "denoise", "restore upscale INPUT -o OUT -m spandrel --weights model.pth"),
        (TWICE, "inpaint", "restore upscale INPUT -o OUT -m spandrel --weights model.pth"),
        (MENDS, "upscale", "restore denoise INPUT -o OUT -m spandrel --weights model.pth"),
        (FACES, "upscale", "restore denoise INPUT -o OUT -m spandrel --weights model.pth"),
        (FILLS, "denoise", "restore inpaint INPUT -o OUT --mask MASK -m spandrel --weights model.pth"),
        (MENDS, "inpaint", "restore denoise INPUT -o OUT -m spandrel --weights model.pth"),
    ],
)
def test_a_network_that_another_command_is_for_is_refused_with_that_command(
    network: Network, task: str, right: str
) -> None:
    with pytest.raises(WeightsError) as raised:
        check_task(network, task, Path("folder/model.pth"))
    assert f"of the architecture {network.architecture}" in str(raised.value)
    assert f"it is not for `restore {task}`" in str(raised.value)
    assert str(raised.value).endswith(f"Use: {right}")


def test_what_mends_pictures_is_for_denoise_and_dejpeg() -> None:
    for task in ("denoise", "dejpeg"):
        check_task(MENDS, task, Path("model.pth"))
    check_task(TWICE, "upscale", Path("model.pth"))
    check_task(FILLS, "inpaint", Path("model.pth"))


def test_a_file_that_takes_anothers_place_is_looked_at_again(tmp_path: Path) -> None:
    path = written("Compact", tmp_path)
    assert described(path).architecture == "RealESRGAN Compact"
    path.write_bytes(written("SPAN", tmp_path).read_bytes())
    assert described(path).architecture == "SPAN"


def test_to_look_takes_another_process_so_that_this_one_stays_light(tmp_path: Path) -> None:
    path = written("Compact", tmp_path)
    code = (
        "import sys; from pathlib import Path; from restore_spandrel.contents import described\n"
        "if __name__ == '__main__':\n"
        "    print(described(Path(sys.argv[1])).scale, 'torch' in sys.modules, 'spandrel' in sys.modules)\n"
    )
    script = tmp_path / "look.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False", "False"]


def test_what_is_wrong_with_a_file_comes_out_of_that_process_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.pth"
    path.write_text("<html>")
    script = tmp_path / "look.py"
    script.write_text(
        "import sys; from pathlib import Path; from restore_spandrel.contents import described\n"
        "from restore.errors import WeightsError\n"
        "if __name__ == '__main__':\n"
        "    try: described(Path(sys.argv[1]))\n"
        "    except WeightsError as error: print(error.path.name, '|', error.message, '|', error.hint)\n"
    )
    done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("page.pth | is a web page, saved in a model's place. | Download the file itself")
