"""What must be true of an output folder whatever has happened to the run that filled it."""

from __future__ import annotations

import os
from pathlib import Path

from restore.journal_reading import read_journal
from restore.resuming import is_whole
from restore.stamps import content_hash
from tests.faults.runs import Ended
from tests.faults.tree import Tree, hashes


def check_account(ended: Ended, *, whole: bool = True) -> None:
    """Inputs = done + skipped + failed (+ left), every input once.

    Args:
        ended: The run.
        whole: Nothing was left.
    """
    document = ended.document
    sums = document["done"] + document["skipped"] + document["failed"]
    assert document["inputs"] == sums + document["left"], document
    assert len(document["results"]) == len(ended.states) == sums, "an input is named twice"
    assert not (whole and document["left"]), f"{document['left']} left"


def check_end(tree: Tree, ended: Ended, out: Path, wanted: dict[str, tuple[str, int]]) -> None:
    """All is as if the run had never been disturbed.

    Args:
        tree: The inputs.
        ended: The last run, which was not.
        out: The output folder.
        wanted: Content and time of change of every result of a run that never was.
    """
    check_account(ended)
    failed = {os.path.relpath(path, tree.root): why for path, (state, why) in ended.states.items() if state == "failed"}
    others = {name: failed.get(name, "did not fail") for name in failed.keys() ^ tree.bad.keys()}
    assert not others, f"other files failed than the bad ones: {others}\n{ended.said}"
    for name, words in tree.bad.items():
        assert words in failed[name], f"{name}: {failed[name]}"
    check_results(out, wanted)
    assert hashes(tree.root) == tree.hashes, "an input was changed"


def check_results(out: Path, wanted: dict[str, tuple[str, int]]) -> None:
    """The results are those that were wanted, no more, no less, and the journal knows each."""
    found = hashes(out)
    assert found.keys() == wanted.keys(), f"{found.keys() ^ wanted.keys()}"
    assert found == wanted
    check_tidy(out)
    check_journal(out)


def check_tidy(*folders: Path) -> None:
    """No temporary file is left behind."""
    for folder in folders:
        assert [path for path in folder.rglob(".restore-*") if path.name != ".restore"] == []


def check_journal(out: Path) -> None:
    """What the journal calls done is there and whole; what is there, it calls done; nothing hangs in between."""
    entries = read_journal(out).entries
    for entry in entries:
        assert entry.state in ("done", "skipped", "failed"), f"{entry.output} is {entry.state}"
        if entry.state == "done":
            assert is_whole(out / entry.output, entry), f"{entry.output} is not whole"
            assert content_hash(out / entry.output) == entry.sha256
    done = {entry.output for entry in entries if entry.state == "done"}
    assert hashes(out).keys() <= done, "the journal does not know a result"
