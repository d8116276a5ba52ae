"""The rules for what a restorer says about itself, as `restore.testing` checks them: no model is loaded."""

from __future__ import annotations

import inspect
import subprocess
import sys
from functools import partial

from pydantic import ValidationError

from restore.contracts import spec_problem
from restore.spec import Options, RestorerSpec

HEAVY = ("torch", "cv2", "skimage", "scipy", "kornia", "lightning_fabric")
"""What reading a description must not import: `restore --help` reads them all."""


def description_is_sound(spec: RestorerSpec) -> None:
    """Its fields can be used."""
    problem = spec_problem(spec)
    assert problem is None, problem


def description_is_light(spec: RestorerSpec) -> None:
    """To import it takes none of `HEAVY`."""
    load = spec.load.func if isinstance(spec.load, partial) else spec.load
    code = (
        "import importlib, importlib.util, sys; name, file, sys.path[:] = sys.argv[1], sys.argv[2], sys.argv[3:]\n"
        "try: importlib.import_module(name)\n"
        "except ImportError:\n"
        "    found = importlib.util.spec_from_file_location(name, file)\n"
        "    module = sys.modules[name] = importlib.util.module_from_spec(found); found.loader.exec_module(module)\n"
        f"print(','.join(name for name in {HEAVY} if name in sys.modules), end='')"
    )
    module = inspect.getmodule(load)
    assert module is not None and module.__file__, f"load of {spec.name} is not defined in a file"
    command = [sys.executable, "-c", code, module.__name__, module.__file__, *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{module.__name__} cannot be imported on its own: {done.stderr.strip()}"
    assert not done.stdout, f"importing {module.__name__} imports {done.stdout}; move that import into load"


def options_round_trip(spec: RestorerSpec, options: Options | None = None) -> None:
    """Its options can be flags: described, with names of their own, and defaults that can be typed."""
    from restore.cli.flags import common_flags
    from restore.cli.mask_flags import takes_masks
    from restore.option_types import settable
    from restore.options import build_options, click_options, option_rows

    taken = {flag for common in common_flags([], masks=takes_masks([spec])) for flag in common.opts}
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


def provenance(spec: RestorerSpec) -> None:
    """The header of the shipped weights says where they come from."""
    from restore.weights import PROVENANCE, header

    assert spec.weights is not None
    said = header(spec.weights)
    missing = [name for name in PROVENANCE if name not in said]
    assert not missing, f"the header lacks {', '.join(missing)}"
    assert said["model"] == spec.name, f"they belong to the model {said['model']!r}"
