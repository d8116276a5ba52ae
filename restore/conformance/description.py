"""The rules for what a restorer says about itself: no model is loaded."""

from __future__ import annotations

import inspect
import subprocess
import sys
from functools import cache, partial

from pydantic import ValidationError

from restore.contracts import spec_problem
from restore.spec import Needs, Options, RestorerSpec

HEAVY = ("torch", "cv2", "skimage", "scipy", "kornia", "lightning_fabric")
"""What reading a description must not import: `restore --help` reads them all."""

FLAGS = frozenset(
    (
        *("-m", "-o", "-v", "--backup", "--contact-sheet", "--device", "--dry-run", "--exclude"),
        *("--format", "--in-place", "--include", "--isolate", "--jobs", "--json", "--max-failures"),
        *("--max-pixels", "--memory", "--model", "--no-isolate", "--no-provenance", "--output"),
        *("--overwrite", "--poll", "--precision", "--provenance", "--quality", "--report"),
        *("--settle", "--since", "--suffix", "--threads", "--tile", "--timeout", "--truth"),
        *("--verbose", "--watch", "--weights"),
    )
)
"""What every command for a task has already; a test holds this to `restore.cli.flags`."""

MASK_FLAGS = frozenset(["--mask", "--invert-mask", "--mask-color", "--tolerance", "--box", "--grow", "--feather"])
"""And those for restorers that need a mask."""


def description_is_sound(spec: RestorerSpec) -> None:
    """Its fields can be used."""
    problem = spec_problem(spec)
    assert problem is None, problem


def description_is_light(spec: RestorerSpec) -> None:
    """To import it takes none of `HEAVY`."""
    load = spec.load.func if isinstance(spec.load, partial) else spec.load
    module = inspect.getmodule(load)
    assert module is not None and module.__file__, f"load of {spec.name} is not defined in a file"
    failed, heavy = _imported(module.__name__, module.__file__, tuple(sys.path))
    assert not failed, f"{module.__name__} cannot be imported on its own: {failed}"
    assert not heavy, f"importing {module.__name__} imports {heavy}; move that import into load"


@cache
def _imported(name: str, file: str, path: tuple[str, ...]) -> tuple[str, str]:
    """Import a module in a fresh process: what went wrong, and which of `HEAVY` came along; plugins share modules."""
    code = (
        "import importlib, importlib.util, sys; name, file, sys.path[:] = sys.argv[1], sys.argv[2], sys.argv[3:]\n"
        "try: importlib.import_module(name)\n"
        "except ImportError:\n"
        "    found = importlib.util.spec_from_file_location(name, file)\n"
        "    module = sys.modules[name] = importlib.util.module_from_spec(found); found.loader.exec_module(module)\n"
        f"print('\\n' + ','.join(name for name in {HEAVY} if name in sys.modules), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code, name, file, *path], capture_output=True, text=True, check=False)
    return (done.stderr.strip() or "it ended the process", "") if done.returncode else ("", done.stdout.split("\n")[-1])


def options_round_trip(spec: RestorerSpec, options: Options | None = None) -> None:
    """Its options can be flags: described, with names of their own, and defaults that can be typed."""
    from restore.option_types import settable
    from restore.options import build_options, click_options, option_rows

    taken = FLAGS | (MASK_FLAGS if spec.needs is Needs.IMAGE_AND_MASK else frozenset())
    for option in click_options(spec.options):
        assert not taken.intersection(option.opts), f"{option.opts[0]} is a flag that every command has already"
    for row in option_rows(spec.options):
        assert row.description, f"{row.flag} has no description"
    defaults = options or spec.options()
    names = settable(spec.options)
    given = {name: _typed(value) for name, value in defaults.model_dump(mode="json").items() if name in names}
    built = build_options(spec.options, given)
    same = all(getattr(built, name) == getattr(defaults, name) for name in names)
    assert same, f"the defaults typed as flags ({given}) give other values"


def _typed(value: object) -> object:
    """A value as the command line would hand it on."""
    if isinstance(value, list):
        return tuple(_typed(item) for item in value)
    return value if value is None or isinstance(value, bool) else str(value)


def unknown_option_is_refused(spec: RestorerSpec) -> None:
    """A misspelt option is an error."""
    try:
        spec.options.model_validate({"no_such_option": 1})
    except ValidationError as error:
        if any(found["type"] == "extra_forbidden" for found in error.errors()):
            return
    raise AssertionError("no_such_option=1 was accepted; keep extra='forbid' in the options' model_config")
