"""The task commands: flags made from the model's options, what is printed, what the exit code says."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import Field

from restore.cli import main, progress
from restore.errors import ExitCode
from restore.image import Image, Observation
from restore.memory import share
from restore.plugin_manager import PluginManager
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]


def test_a_folder_is_restored_with_one_plain_line_per_file_and_a_sum(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "sub" / "b.jpg")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OK
    lines = outcome.out.splitlines()
    assert any(line.startswith(f"{tmp_path}/in/a.png -> {tmp_path}/out/a.png (") for line in lines)
    assert lines[-1].startswith("2 inputs = 2 done + 0 skipped + 0 failed (")
    assert outcome.err == ""


def test_a_second_run_skips_and_the_sum_still_adds_up(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    photo(tmp_path / "in" / "b.png")
    (tmp_path / "in" / "c.png").write_bytes(b"")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.SOME_FAILED
    assert "3 inputs = 1 done + 1 skipped + 1 failed (" in outcome.out
    assert f"failed: {tmp_path}/in/c.png: is empty." in outcome.err
    assert f"skipped {tmp_path}/in/a.png" not in outcome.out, "what is done already is only counted"
    assert "(1 done already; " in outcome.out


def test_the_only_input_failing_gives_its_own_exit_code(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    outcome = cli("denoise", tmp_path / "a.png", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.INPUT
    assert f"error: {tmp_path}/a.png: is empty." in outcome.err
    assert "1 input = 0 done + 0 skipped + 1 failed" in outcome.out


@pytest.mark.parametrize("words", [["-m", "plain"], ["-mplain"], ["--model", "plain"], ["--model=plain"]])
def test_the_help_shows_the_flags_of_the_chosen_model(cli: Cli, words: list[str]) -> None:
    default, chosen = cli("denoise", "--help").out, cli("denoise", *words, "--help").out
    assert "Options of the model tiny" in default and "--strength" in default
    assert "--strength" not in chosen
    for text in (default, chosen):
        assert "--device" in text and "Inverts, without options." in text


def test_a_flag_of_another_model_is_refused(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    outcome = cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out", "-m", "plain", "--strength", "0")
    assert outcome.code == ExitCode.USAGE
    assert "there is no option --strength" in outcome.err


def test_a_misspelt_model_is_answered_with_those_of_the_task(cli: Cli, tmp_path: Path, photo: Photo) -> None:
    picture = photo(tmp_path / "a.png")
    outcome = cli("denoise", picture, "-o", tmp_path / "out", "-m", "tony")
    assert outcome.code == ExitCode.PLUGIN
    assert "there is no model 'tony'. Did you mean tiny? Models for denoise: tiny, plain." in outcome.err
    other = cli("denoise", picture, "-o", tmp_path / "out", "-m", "sharp")
    assert "the model 'sharp' is for `restore sharpen`." in other.err


def test_a_value_out_of_range_is_refused_with_what_is_allowed(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    outcome = cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out", "--strength", "9")
    assert outcome.code == ExitCode.USAGE
    assert "--strength" in outcome.err and "1.5" in outcome.err


def test_strength_zero_gives_the_inputs_bytes(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    source = photo(tmp_path / "a.jpg")
    assert cli("denoise", source, "-o", tmp_path / "b.jpg", "--strength", "0").code == ExitCode.OK
    assert (tmp_path / "b.jpg").read_bytes() == source.read_bytes()


def test_the_machine_flags_reach_the_model(tmp_path: Path, photo: Photo, cli: Cli, tiny: Tiny) -> None:
    flags = ["--device", "cpu", "--precision", "float32", "--tile", "256", "--memory", "1.5GiB", "--threads", "3"]
    cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out", *flags)
    assert tiny.loads == [(None, Runtime("cpu", "float32", 256, share(Runtime(memory=3 * 2**29)).runtime.memory, 3))]


def test_weights_that_do_not_exist_are_refused_before_anything_is_written(
    tmp_path: Path, photo: Photo, cli: Cli, listing_of: Listing
) -> None:
    outcome = cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out", "--weights", tmp_path / "w.safetensors")
    assert outcome.code == ExitCode.WEIGHTS
    assert f"error: {tmp_path}/w.safetensors: " in outcome.err
    assert listing_of(tmp_path) == ["a.png"]


def test_the_quality_and_the_pixel_limit_reach_the_codecs(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    source = photo(tmp_path / "a.jpg", width=64, height=64)
    cli("denoise", source, "-o", tmp_path / "low.jpg", "--quality", "5")
    cli("denoise", source, "-o", tmp_path / "high.jpg", "--quality", "99")
    assert (tmp_path / "low.jpg").stat().st_size < (tmp_path / "high.jpg").stat().st_size
    outcome = cli("denoise", source, "-o", tmp_path / "out", "--max-pixels", "1k")
    assert outcome.code == ExitCode.INPUT and "--max-pixels" in outcome.err


def test_json_is_one_document_and_nothing_else(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"nonsense")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--json")
    document = json.loads(outcome.out)
    assert outcome.code == document["exit_code"] == ExitCode.SOME_FAILED
    assert outcome.err == ""
    counts = {key: document[key] for key in ("inputs", "done", "skipped", "failed", "left")}
    assert counts == {"inputs": 2, "done": 1, "skipped": 0, "failed": 1, "left": 0}
    assert (document["task"], document["model"]) == ("denoise", "tiny")
    first, second = document["results"]
    assert first["output"] == str(tmp_path / "out" / "a.png") and first["reason"] is None
    assert second["state"] == "failed" and "not a picture" in second["reason"]


def test_warnings_of_the_codecs_are_shown(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "a.png").rename(tmp_path / "a.jpg")
    outcome = cli("denoise", tmp_path / "a.jpg", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OK
    assert f"warning: {tmp_path}/a.jpg: It is named .jpg but is a PNG file" in outcome.err


def test_an_interruption_says_what_is_left_and_exits_130(
    tmp_path: Path, photo: Photo, cli: Cli, listing_of: Listing
) -> None:
    photo(tmp_path / "in" / "a.png", width=13)
    photo(tmp_path / "in" / "b.png")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--trouble", "interrupt")
    assert outcome.code == ExitCode.INTERRUPTED
    assert "2 inputs = 0 done + 0 skipped + 0 failed + 2 left" in outcome.out
    assert "run the same command again" in outcome.err
    assert not [name for name in listing_of(tmp_path / "out") if not name.startswith(".restore")]


def test_sigterm_ends_a_run_as_ctrl_c_does(
    tmp_path: Path, photo: Photo, cli: Cli, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tiny.load

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(weights, runtime)

    monkeypatch.setattr(tiny, "load", load)
    before = signal.getsignal(signal.SIGTERM)
    outcome = cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out")
    assert outcome.code == ExitCode.INTERRUPTED
    assert "1 input = 0 done + 0 skipped + 0 failed + 1 left" in outcome.out
    assert signal.getsignal(signal.SIGTERM) is before


def test_tracebacks_of_failures_are_shown_only_when_asked(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    words = ("denoise", photo(tmp_path / "a.png", width=13), "-o", tmp_path / "out", "--trouble", "bug")
    assert "Traceback" not in cli(*words).err
    assert "Traceback" in cli(*words, "-v").err


def test_logging_is_as_before_after_a_command(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    logger = logging.getLogger("restore")
    before = (logger.level, list(logger.handlers))
    cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out", "-vv")
    assert (logger.level, list(logger.handlers)) == before


def test_a_bar_is_drawn_on_a_terminal(tmp_path: Path, photo: Photo, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "on_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    photo(tmp_path / "in" / "[red]a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert "2/2" in outcome.err
    assert f"failed {tmp_path}/in/b.png: is empty." in outcome.err
    assert outcome.out.startswith("2 inputs = 1 done + 0 skipped + 1 failed")


class Clash(Options):
    """Options that take a name every command has."""

    device: str = Field("x", description="Clashes.")


class Clashing:
    """A plugin with such options."""

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One restorer."""

        def load(weights: Path | None, runtime: Runtime) -> Restorer:
            raise AssertionError("never loaded")

        return [RestorerSpec("clash", "denoise", "Clashes.", Clash, load)]


def test_a_model_whose_option_clashes_with_a_common_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["denoise", "--help"], PluginManager.of({"clashing": Clashing()})) == ExitCode.PLUGIN
    assert "--device of the model 'clash'" in capsys.readouterr().err


def test_alpha_and_grey_survive_the_command(
    tmp_path: Path, photo: Photo, cli: Cli, tiny_manager: PluginManager
) -> None:
    photo(tmp_path / "in" / "alpha.png", mode="RGBA")
    photo(tmp_path / "in" / "grey.png", mode="L")
    assert cli("denoise", tmp_path / "in", "-o", tmp_path / "out").code == ExitCode.OK
    alpha, grey = (tiny_manager.read_image(tmp_path / "out" / f"{name}.png", 10**9) for name in ("alpha", "grey"))
    assert alpha.alpha is not None and np.all(alpha.alpha == 255)
    assert grey.is_grey


class Chatty:
    """Prints while it restores, by Python and past it."""

    def restore(self, observation: Observation, options: Options) -> Image:
        print("working hard")
        os.write(1, b"working hard, past Python\n")
        return observation.image


def test_what_a_model_prints_stays_out_of_what_is_printed_for_users(
    tmp_path: Path, photo: Photo, capfd: pytest.CaptureFixture[str]
) -> None:
    class Provides:
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [RestorerSpec("chatty", "denoise", "Prints.", Options, lambda weights, runtime: Chatty())]

    manager, given = PluginManager.of({"p": Provides()}), str(photo(tmp_path / "in" / "a.png").parent)
    assert main(["denoise", given, "-o", str(tmp_path / "plain")], manager) == ExitCode.OK
    lines, said = capfd.readouterr()
    assert [line[:2] for line in lines.splitlines()] == [given[:2], "1 "]
    assert said.count("working hard") == 2
    assert main(["denoise", given, "-o", str(tmp_path / "json"), "--json"], manager) == ExitCode.OK
    document, said = capfd.readouterr()
    assert json.loads(document)["done"] == 1 and said.count("working hard") == 2
    assert main(["denoise", given, "-o", str(tmp_path / "dry"), "--json", "--dry-run"], manager) == ExitCode.OK
    document, said = capfd.readouterr()
    assert json.loads(document) and "working hard" in said
