"""What must be true of an output folder whatever has happened to the run that filled it."""

from __future__ import annotations

import os
from pathlib import Path

from restore.journal_reading import read_journal
from restore.journal_rows import Entry
from restore.naming import companion_paths
from restore.resuming import is_whole
from restore.stamps import content_hash
from tests.faults import trouble
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


def check_moment(out: Path, wanted: dict[str, tuple[str, int]], companions: int) -> None:
    """Whatever has just been killed, what is there is whole, and no result is there without its companions.

    Args:
        out: An output folder that was empty when the run began.
        wanted: Content and time of change of every file of a run that nobody disturbs.
        companions: How many lie beside each result.
    """
    earlier = finished(out)
    found = finished(out)  # once more: a worker that is not dead yet may go on
    assert found.items() <= wanted.items(), "something is not whole"
    for name in earlier:
        beside = beside_of(name, companions)
        assert beside <= found.keys(), f"{name} is there without {beside - found.keys()}"


def finished(out: Path) -> dict[str, tuple[str, int]]:
    """Content and time of change of every file in an output folder that is not a temporary one."""
    found = hashes(out) if out.exists() else {}
    return {name: held for name, held in found.items() if not Path(name).name.startswith(".restore-")}


def beside_of(name: str, companions: int) -> set[str]:
    """What lies beside a result; nothing lies beside a companion."""
    output = Path(name)
    if any(output.stem.endswith(f".{each.name}") for each in trouble.COMPANIONS):
        return set()
    return set(map(str, companion_paths(output, trouble.COMPANIONS[:companions])))


def paths_of(entry: Entry) -> list[str]:
    """The companions of a result, as the journal names them."""
    return [row.path for row in entry.companions]


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
            for row in entry.companions:
                assert not row.former and content_hash(out / row.path) == row.sha256, f"{row.path} is not whole"
    done = {name for entry in entries if entry.state == "done" for name in (entry.output, *paths_of(entry))}
    assert hashes(out).keys() <= done, "the journal does not know a result"
