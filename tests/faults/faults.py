"""Runs to which something happens: full disks, lost rights, moving inputs, pictures that kill or hang."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from tests.faults import trouble
from tests.faults.checks import check_account, check_end, check_results, check_tidy
from tests.faults.runs import Ended, Run, run
from tests.faults.scenes import appeared, trouble_picture, wanted
from tests.faults.tree import grow, hashes


class SceneImpossible(Exception):
    """This machine cannot play a scene; says why."""


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of a few megabytes.

    Raises:
        SceneImpossible: It takes root's rights to mount one.
    """
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        raise SceneImpossible(f"no small disk can be mounted here ({mounted.stderr.decode().strip()})")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def disk_full(place: Path, random: Random, *, files: int) -> str:
    """The disk fills up during the run; when there is space again, the run goes on."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", files, 0, random)
    results = wanted(place, environment, tree, "--delay", 0.03)
    with small_disk(place / "disk", "8m") as disk:
        out, ballast = disk / "out", disk / "ballast"
        command = (tree.root, "-o", out, "--delay", 0.03)
        one = Run(environment, *command)
        assert one.wait_for(appeared(out, 3))
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        ended = one.end()
        check_account(ended)
        assert ended.code == 8 and ended.document["failed"], ended
        reasons = {why for state, why in ended.states.values() if state == "failed"}
        assert all("full" in why for why in reasons), reasons
        assert "Traceback" not in ended.said, ended.said
        check_tidy(out)
        assert hashes(out).items() <= results.items(), "what is there must be whole"
        refused = run(environment, *command)
        assert refused.code in (4, 8) and "Traceback" not in refused.said, refused
        ballast.unlink()
        check_end(tree, run(environment, *command), out, results)
        done = ended.document["done"]
    return f"{done} of {files} done before the disk was full"


def permission_lost(place: Path, random: Random, *, files: int) -> str:
    """The output folders may not be written any more; when they may again, the run goes on."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", files, 0, random)
    results = wanted(place, environment, tree, "--delay", 0.05)
    out = place / "out"
    command = (tree.root, "-o", out, "--delay", 0.05)
    one = Run(environment, *command)
    assert one.wait_for(appeared(out, 3)), one.end()
    folders = [out, *(path for path in out.rglob("*") if path.is_dir() and path.name != ".restore")]
    for folder in folders:
        folder.chmod(0o555)
    ended = one.end()
    check_account(ended)
    reasons = {why for state, why in ended.states.values() if state == "failed"}
    assert ended.code == 8 and reasons and all("ermission denied" in why for why in reasons), ended
    refused = run(environment, *command)
    assert refused.code in (4, 8) and "Traceback" not in refused.said, refused
    for folder in folders:
        folder.chmod(0o755)
    last = run(environment, *command)
    check_end(tree, last, out, results)
    return f"{len(reasons)} failed for want of permission"


def moving_inputs(place: Path, random: Random, *, files: int) -> str:
    """Inputs vanish and change during the run; the next run does the rest and what has changed."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", files, 0, random)
    out = place / "out"
    command = (tree.root, "-o", out, "--delay", 0.1)
    one = Run(environment, *command)
    assert one.wait_for(appeared(out, 2))
    names = sorted(tree.good)
    vanished, changed = names[-3:], [names[0], names[files // 2], names[-4]]
    for name in vanished:
        (tree.root / name).unlink()
    for name in changed:
        new = grow(place / f"new{changed.index(name)}", files, 0, random)
        twin = next(other for other in new.good if Path(other).suffixes == Path(name).suffixes)
        shutil.copyfile(new.root / twin, tree.root / name)
    moment = hashes(tree.root)
    ended = one.end()
    check_account(ended)
    failed = {path for path, (state, _) in ended.states.items() if state == "failed"}
    assert failed <= {str(tree.root / name) for name in vanished + changed}, failed
    assert {str(tree.root / name) for name in vanished} <= failed
    check_tidy(out)
    last = run(environment, *command)
    check_account(last)
    assert last.code == 0 and last.document["inputs"] == files - 3
    undisturbed = place / "undisturbed"
    run(environment, tree.root, "-o", undisturbed, "--delay", 0.1)
    check_results(out, hashes(undisturbed))
    assert hashes(tree.root) == moment
    return f"{len(failed)} failed at first, {last.document['done']} done afterwards"


def too_slow(place: Path, random: Random) -> str:
    """--timeout gives up what takes too long, in the model or in a decoder, and nothing else."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", 6, 0, random)
    results = wanted(place, environment, tree)
    trouble_picture(tree.root / "photo 700.png", trouble.HANG, random)
    trouble_picture(tree.root / f"photo 701 {trouble.DECODER_HANG}.png", 30, random)
    out = place / "out"
    began = time.monotonic()
    ended = run(environment, tree.root, "-o", out, "--timeout", "1.5s")
    check_account(ended)
    failed = {Path(path).name: why for path, (state, why) in ended.states.items() if state == "failed"}
    assert set(failed) == {"photo 700.png", f"photo 701 {trouble.DECODER_HANG}.png"}, failed
    assert "took longer than 1.5 s restoring it" in failed["photo 700.png"]
    assert "took longer than 1.5 s reading it" in failed[f"photo 701 {trouble.DECODER_HANG}.png"]
    check_results(out, results)
    return f"two given up in {time.monotonic() - began:.1f} s"


def too_many_failures(place: Path, random: Random) -> str:
    """--max-failures stops early; what failed and what is left is told."""
    environment = trouble.install(place / "plugins")
    (place / "in").mkdir()
    for number in range(120):
        trouble_picture(place / "in" / f"photo {number}.png", trouble.RAISE, random)
    ended = run(environment, place / "in", "-o", place / "out", "--max-failures", 5)
    check_account(ended, whole=False)
    # While the word to stop is on its way, some more fail: few, but on a busy machine a dozen.
    assert ended.document["failed"] >= 5 and ended.document["left"] >= 60, ended
    assert ended.code not in (0, 130), ended
    return f"{ended.document['failed']} failed, {ended.document['left']} left"


def stillborn(place: Path, random: Random) -> str:
    """A model that crashes while it loads is not blamed on a picture."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", 5, 0, random)
    ended: Ended = run(environment, tree.root, "-o", place / "out", model="stillborn")
    assert ended.code == 7 and "before it began" in ended.said, ended
    check_tidy(place / "out")
    return "refused"


def memory_eaten(place: Path, random: Random, *, limit: int = 2 << 30) -> str:
    """A picture for which the model allocates without end costs that picture alone.

    The address space is bounded from outside, so that the machine is not harmed.
    """
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", 6, 0, random)
    results = wanted(place, environment, tree)
    trouble_picture(tree.root / "photo 003x.png", trouble.ALLOCATE, random)
    ended = run(environment, tree.root, "-o", place / "out", address_space=limit)
    check_account(ended)
    failed = {Path(path).name: why for path, (state, why) in ended.states.items() if state == "failed"}
    assert set(failed) == {"photo 003x.png"} and "memory" in failed["photo 003x.png"], ended
    check_results(place / "out", results)
    return failed["photo 003x.png"]
