"""What a report knows of a photo before it looks at one."""

from __future__ import annotations

import os
from pathlib import Path

from restore.journal_rows import Recipe
from restore.plugin_manager import PluginManager
from restore.reports.photo import Account, File, Photo, Step, defaults_of, settings_of, steps_of
from restore.stamps import Stamp, content_hash


def known(path: Path) -> File:
    """A file as a journal notes it."""
    stamp = Stamp.of(path)
    assert stamp is not None
    return File(path, "input", stamp, content_hash(path))


def test_a_file_that_is_as_it_was_is_no_trouble_even_when_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"as it was")
    file = known(path)
    assert file.trouble() is None
    os.utime(path, (1, 1))
    assert file.trouble() is None, "its content decides"


def test_a_file_that_was_moved_or_changed_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"as it was")
    file = known(path)
    path.write_bytes(b"something else")
    assert file.trouble() == "has changed since"
    path.rename(tmp_path / "b.jpg")
    assert "not there any more" in str(file.trouble())


def test_of_a_file_that_nobody_noted_only_its_absence_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    assert "not there" in str(File(path, "result").trouble())
    path.write_bytes(b"anything")
    assert File(path, "result").trouble() is None


def test_a_recipe_is_one_step_with_what_is_not_as_usual(tiny_manager: PluginManager) -> None:
    defaults = defaults_of(tiny_manager)
    assert defaults["tiny"]["strength"] == 1.0
    recipe = Recipe("tiny", "ab", '{"strength": 0.5, "trouble": ""}', '{"quality": 90}', "0.1.0")
    assert steps_of(recipe, defaults) == (Step("tiny", {"strength": 0.5}, "ab", "0.1.0"),)
    assert steps_of(recipe, {})[0].options == {"strength": 0.5, "trouble": ""}, "of a model that is not here any more"
    filled = Recipe("tiny", None, "{}", '{"mask": {"alpha": true}}', "0.1.0")
    assert steps_of(filled, defaults)[0].options == {"mask": {"alpha": True}}


def test_the_recipe_of_a_pipeline_is_its_steps(tiny_manager: PluginManager) -> None:
    inner = (
        '{"steps": [{"task": "denoise", "model": "tiny", "weights": "ab", "options": {"strength": 1.0}}, '
        '{"task": "inpaint", "model": "other", "mask": "auto"}]}'
    )
    assert steps_of(Recipe("pipeline", None, inner, "{}", "1"), defaults_of(tiny_manager)) == (
        Step("tiny", {}, "ab", "1", task="denoise"),
        Step("other", {"mask": "auto"}, None, "1", task="inpaint"),
    )


def test_a_recipe_that_was_spoilt_by_hand_is_no_error() -> None:
    assert settings_of(Recipe("tiny", None, "{}", '{"quality": 90}', "")) == {"quality": 90}
    assert steps_of(Recipe("tiny", None, "not JSON", "[1]", "0"), {}) == (Step("tiny", {}, None, "0"),)
    assert steps_of(None, {}) == () and settings_of(None) == {}


def test_an_account_adds_up() -> None:
    result = File(Path("a"), "result")
    made = Photo("a", "done", result, seconds=2, megapixels=3)
    account = Account("out", [made, made, Photo("b", "failed", result, seconds=9)])
    assert (account.count("done"), account.count("failed"), account.count("left")) == (2, 1, 0)
    assert (account.seconds, account.megapixels) == (4, 6)
