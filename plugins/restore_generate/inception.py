"""FID and Inception Score through torchmetrics, with the user's file of Inception weights. Nothing is downloaded."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import torch
from torch import Tensor

from restore.errors import InputError, PluginError, WeightsError
from restore.toolkit.torchvision_operators import declare_missing_operators

BATCH = 32
FILE = "pt_inception-2015-12-05-6726825d.pth"
"""What the file is called where torch-fidelity, whose network this is, publishes it (release v0.2.0)."""


def read_state(path: Path) -> dict[str, Tensor]:
    """Read Inception's weights: tensors and nothing else, so that no code in a file is run.

    Raises:
        WeightsError: The file is missing, cannot be read, or has something else in it.
    """
    if not path.is_file():
        hint = (
            f"Get {FILE} from the releases of torch-fidelity on GitHub, and name it with --inception; or leave that "
            "out: the Fréchet distance of our own features needs no download."
        )
        raise WeightsError("there is no file of Inception weights.", path=path, hint=hint)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # an unpickler raises anything for bytes that are none of its own
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"cannot be read as weights ({said}).", path=path, hint=f"Give {FILE}.") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError("has something else than tensors in it.", path=path, hint=f"Give {FILE}.")
    return state


def inception_scores(weights: Path, real: Tensor, made: Tensor, features: int = 2048) -> dict[str, float]:
    """FID and Inception Score as torchmetrics computes them.

    Args:
        weights: File of Inception weights, `FILE` or the same as safetensors.
        real: ``(N, 3, H, W)`` in [0, 1]; at least two.
        made: ``(M, 3, H, W)`` in [0, 1]; at least two.
        features: How many features FID is of: 2048 is what is meant by FID; 64, 192 and 768 are quicker.

    Returns:
        "fid" and "inception_score".

    Raises:
        InputError: Pictures are grey.
        PluginError: torchmetrics or torch-fidelity is not installed.
        WeightsError: The file is missing or is not of that network.
    """
    if real.shape[1] != 3 or made.shape[1] != 3:
        raise InputError("FID and Inception Score are of pictures in colour.", hint="Leave --inception out.")
    state = read_state(weights)
    declare_missing_operators()
    try:
        import torch_fidelity  # noqa: F401 (torchmetrics asks for it late and less clearly)
        from torchmetrics.image.fid import FrechetInceptionDistance, NoTrainInceptionV3
        from torchmetrics.image.inception import InceptionScore
    except ImportError as error:
        hint = "Install them with: pip install 'restore-photos[generate]'"
        raise PluginError(f"this needs torchmetrics and torch-fidelity ({error}).", hint=hint) from error
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*InceptionScore.*buffer")
        # torch-fidelity unpickles the file it is given; it is given one of ours, of what was read above.
        checked = Path(folder) / "inception.pth"
        torch.save(state, checked)
        try:
            distance = FrechetInceptionDistance(features, normalize=True, feature_extractor_weights_path=str(checked))
            network = NoTrainInceptionV3("inception-v3-compat", ["logits_unbiased"], str(checked))
        except RuntimeError as error:
            said = "are not the weights of torch-fidelity's Inception network."
            raise WeightsError(said, path=weights, hint=f"Give {FILE}.") from error
        score = InceptionScore(network, normalize=True)
    with torch.inference_mode():
        for pictures, is_real in ((real, True), (made, False)):
            for part in torch.split(pictures.clamp(0, 1), BATCH):
                distance.update(part, real=is_real)
                if not is_real:
                    score.update(part)
        return {"fid": float(distance.compute()), "inception_score": float(score.compute()[0])}
