"""Runs that are killed and stopped. A scene raises AssertionError if a photo is lost."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.faults import trouble
from tests.faults.checks import beside_of, check_account, check_end, check_moment, check_results, check_tidy, finished
from tests.faults.runs import Run, disturbed, run
from tests.faults.tree import Tree, grow, hashes

COMPANIONS = "--companions"


def wanted(place: Path, environment: dict[str, str], tree: Tree, *arguments: object) -> dict[str, tuple[str, int]]:
    """Results of a run that nobody disturbs."""
    out = place / "undisturbed"
    check_account(run(environment, tree.root, "-o", out, *arguments))
    results = hashes(out)
    companions = int(arguments[arguments.index(COMPANIONS) + 1]) if COMPANIONS in arguments else 0  # type: ignore[call-overload]
    assert results.keys() == tree.good.union(*(beside_of(name, companions) for name in tree.good))
    return results


def appeared(out: Path, count: int = 1) -> Callable[[], bool]:
    """Whether so many results are there."""
    return lambda: sum(".restore" not in path.parts for path in out.rglob("photo*")) >= count


def killed(
    place: Path, random: Random, *, kills: int, files: int, bad: int, within: float = 3.0, companions: int = 0
) -> str:
    """A run killed at random moments and started again until nothing is left; again and again."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", files, bad, random)
    options = ("--delay", 0.02, COMPANIONS, companions)
    results = wanted(place, environment, tree, *options)
    count, rounds = 0, 0
    while count < kills:
        out, rounds = place / f"out{rounds}", rounds + 1
        command, over = (tree.root, "-o", out, *options, "--jobs", random.choice((1, 2, 3))), False
        while not over and count < kills:
            over = disturbed(random, environment, *command, within=within) is None
            count += not over
            check_moment(out, results, companions)
        check_end(tree, run(environment, *command), out, results)
    return f"{count} kills in {rounds} folders of {files} files, {bad} of them bad"


def killed_in_place(
    place: Path, random: Random, *, kills: int, files: int, within: float = 2.0, companions: int = 0
) -> str:
    """--in-place killed at random moments: an original is in its place or in the backup, and restored once."""
    environment = trouble.install(place / "plugins")
    count, rounds = 0, 0
    while count < kills:
        ground, rounds = place / f"round{rounds}", rounds + 1
        tree = grow(ground / "in", files, 0, random)
        options = ("--delay", 0.02, "--no-provenance", COMPANIONS, companions)
        results = wanted(ground, environment, tree, *options)
        backup, over = ground / "backup", False
        command = (tree.root, "--in-place", "--backup", backup, *options)
        while not over and count < kills:
            over = disturbed(random, environment, *command, within=within) is None
            count += not over
            now, kept = hashes(tree.root), hashes(backup) if backup.exists() else {}
            for name, original in tree.hashes.items():
                assert original in (now.get(name), kept.get(name)), f"the original of {name} is lost"
                assert now.get(name) in (original, results[name]), f"{name} is neither the original nor its result"
        check_account(run(environment, *command))
        check_results(tree.root, results)
        assert hashes(backup) == tree.hashes
        check_tidy(backup)
    return f"{count} kills in {rounds} folders of {files} files"


def killed_at_every_step(place: Path, random: Random, *, in_place: bool = False, isolated: bool = True) -> str:
    """The process that writes kills itself between the steps of one result; the next run mends all."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", 6, 0, random)
    results = wanted(place, environment, tree, "--no-provenance")
    for step in trouble.STEPS:
        ground = place / step.replace(" ", "-")
        shutil.copytree(tree.root, ground / "in")
        goal = ("--in-place", "--backup", ground / "backup") if in_place else ("-o", ground / "out")
        command = (ground / "in", *goal, "--no-provenance", "--isolate" if isolated else "--no-isolate")
        first = run(environment | {trouble.DIE: f"{step}:3:{ground / 'died'}"}, *command)
        assert (ground / "died").exists(), step
        assert first.code in ((0, 8) if isolated else (-signal.SIGKILL,)), (step, first)
        check_account(run(environment, *command))
        check_results(ground / ("in" if in_place else "out"), results)
        assert hashes(ground / ("backup" if in_place else "in")) == tree.hashes
    return f"{len(trouble.STEPS)} deaths between steps"


def killed_over_older_results(place: Path, random: Random, *, most: int = 7) -> str:
    """The same while results with companions replace others: what is ours is known as such, nothing is set aside."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", 3, 0, random)
    options = ("--no-provenance", "--jobs", 1, COMPANIONS, 2)
    results = wanted(place, environment, tree, *options)
    deaths = [("after rename", count) for count in (5, 6, 4)] + [(step, 2) for step in trouble.STEPS]
    for step, count in deaths[:most]:
        out = place / f"{step} {count}".replace(" ", "-")
        command = (tree.root, "-o", out, *options)
        check_account(run(environment, *command, "--flavour", 1))
        older = hashes(out)
        first = run(environment | {trouble.DIE: f"{step}:{count}:{out}.died"}, *command, "--no-isolate")
        assert out.with_name(f"{out.name}.died").exists() and first.code == -signal.SIGKILL, (step, first)
        mixed = finished(out)
        assert mixed.keys() == results.keys() and mixed.items() <= older.items() | results.items(), (step, count)
        check_account(run(environment, *command))
        check_results(out, results)
        assert not (out / ".restore" / "replaced").exists(), (step, count)
    return f"{len(deaths[:most])} deaths over older results"


def stopped(place: Path, random: Random, *, files: int) -> str:
    """Ctrl-C or SIGTERM finishes what is in hand; the next run does the rest."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", files, 0, random)
    results = wanted(place, environment, tree, "--delay", 0.1)
    for number in (signal.SIGINT, signal.SIGTERM):
        out = place / number.name
        command = (tree.root, "-o", out, "--delay", 0.1)
        one = Run(environment, *command)
        assert one.wait_for(appeared(out, 2))
        one.send(number)
        ended = one.end()
        assert ended.code == 130, ended
        check_account(ended, whole=False)
        assert ended.document["interrupted"] and ended.document["left"] > 0 and ended.document["done"] >= 2
        assert not ended.document["failed"]
        check_tidy(out)
        assert hashes(out).items() <= results.items()
        check_end(tree, run(environment, *command), out, results)
    return "SIGINT and SIGTERM"


def stopped_at_once(place: Path, random: Random) -> str:
    """A second Ctrl-C ends a run at once, even over a picture that takes for ever."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", 6, 0, random)
    for name in ("photo 900.png", "photo 901.png"):
        trouble_picture(tree.root / name, trouble.HANG, random)
    out = place / "out"
    one = Run(environment, tree.root, "-o", out)
    assert one.wait_for(appeared(out, 6))
    one.send(signal.SIGINT)
    time.sleep(0.5)
    assert one.process.poll() is None, "the first must wait for what is in hand"
    began = time.monotonic()
    one.send(signal.SIGINT)
    ended = one.end()
    assert ended.code == 130 and time.monotonic() - began < 3, ended
    assert "Traceback" not in ended.said, ended.said
    check_tidy(out)
    return "stopped at once"


def trouble_picture(path: Path, width: int, random: Random) -> None:
    """A picture that is trouble."""
    import numpy as np
    import PIL.Image

    PIL.Image.fromarray(np.full((8, width, 3), random.randrange(256), np.uint8)).save(path)


def two_at_once(place: Path, random: Random, *, files: int) -> str:
    """A second run into the same folder refuses, names the first, and does it no harm."""
    environment = trouble.install(place / "plugins")
    tree = grow(place / "in", files, 0, random)
    results = wanted(place, environment, tree, "--delay", 0.6)
    out = place / "out"
    command = (tree.root, "-o", out, "--delay", 0.6)
    first = Run(environment, *command)
    assert first.wait_for(appeared(out))
    for _ in range(2):
        second = run(environment, *command, "--overwrite")
        assert second.code == 4 and f"process {first.process.pid} on {os.uname().nodename}" in second.said, second
    check_end(tree, first.end(), out, results)
    return "the second refused"
