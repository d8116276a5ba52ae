"""Names of results."""

from dataclasses import replace
from pathlib import Path

import pytest

from restore.codecs.formats import WRITABLE_SUFFIXES
from restore.errors import UsageError
from restore.naming import SAME_NAMES, Naming, companion_paths
from restore.spec import Companion, Makes, Options, RestorerSpec


@pytest.mark.parametrize(
    ("naming", "name", "expected"),
    [
        (SAME_NAMES, "sub/a.JPG", "sub/a.JPG"),
        (SAME_NAMES, "a.heic", "a.jpg"),
        (SAME_NAMES, "scan", "scan"),
        (Naming("_restored"), "sub/a.JPG", "sub/a_restored.JPG"),
        (Naming("_restored"), "a.b.nef", "a.b_restored.tif"),
        (Naming("_restored"), "scan", "scan_restored"),
        (Naming(format="png"), "a.jpg", "a.png"),
        (Naming(format="PNG"), "a.jpg", "a.png"),
        (Naming(format="png"), "a.heic", "a.png"),
        (Naming(format="png"), "scan", "scan.png"),
        (Naming(format="jpg"), "a.JPEG", "a.JPEG"),
        (Naming(format="jpg"), "a.heic", "a.jpg"),
        (Naming(format="tiff"), "a.tif", "a.tif"),
        (Naming(format="jxl"), "a.jpg", "a.jxl"),
        (Naming("-x", "webp"), "sub.dir/a b.png", "sub.dir/a b-x.webp"),
    ],
)
def test_the_suffix_goes_behind_the_stem_and_the_format_makes_the_ending(
    naming: Naming, name: str, expected: str
) -> None:
    assert naming.result(Path(name)) == Path(expected)


@pytest.mark.parametrize("suffix", ["/x", "a/../b", "..", "\\x", "C:x", "a\0b", "a\nb", "\x1b[31m"])
def test_a_suffix_that_leads_elsewhere_or_cannot_be_read_is_refused(suffix: str) -> None:
    with pytest.raises(UsageError, match="is no part of a file's name"):
        Naming(suffix)


@pytest.mark.parametrize("form", ["gif", "heic", "jpgg", "", "../png", ".png", "a/b"])
def test_a_format_nobody_writes_is_refused_with_those_that_are_written(form: str) -> None:
    with pytest.raises(UsageError, match=r"not a format for results\. Use one of: .*jpg.*png"):
        Naming(format=form).check(WRITABLE_SUFFIXES)


def test_where_a_plugin_may_write_anything_only_nonsense_is_refused() -> None:
    Naming(format="jxl").check(None)
    Naming().check(WRITABLE_SUFFIXES)
    with pytest.raises(UsageError, match="not a format"):
        Naming(format="../png").check(None)


def test_companions_are_named_after_their_result_and_lie_beside_it() -> None:
    companions = (Companion("sample-1"), Companion("uncertainty", ".tif"))
    for output, names in (
        ("out/a b.16.PNG", ("out/a b.16.sample-1.PNG", "out/a b.16.uncertainty.tif")),
        ("scan", ("scan.sample-1", "scan.uncertainty.tif")),
    ):
        assert companion_paths(Path(output), companions) == tuple(map(Path, names))


def test_lossless_results_of_lossy_files_are_png_unless_the_user_says_otherwise() -> None:
    lossless = Naming(lossless=True)
    names = ("a.jpg", "b.WEBP", "c.avif", "d.heic", "e.tif", "f.png", "g.bmp", "h.nef")
    assert [str(lossless.result(Path(name))) for name in names] == [
        *("a.png", "b.png", "c.png", "d.png", "e.tif", "f.png", "g.bmp", "h.tif")
    ]
    assert lossless.result(Path("x/a.jpg")) == Path("x/a.png")
    assert Naming(format="jpg", lossless=True).result(Path("a.JPEG")) == Path("a.JPEG")
    assert Naming("_n", lossless=True).result(Path("a.jpg")) == Path("a_n.png")


def test_a_restorer_says_how_its_results_are_called() -> None:
    spec = RestorerSpec("tiny", "denoise", "Does.", Options, lambda weights, runtime: pytest.fail("not loaded"))
    assert Naming.of(spec, "_n", "png") == Naming("_n", "png")
    assert Naming.of(replace(spec, task="degrade")) == Naming(lossless=True)
    assert Naming.of(replace(spec, makes=Makes.MASK)) == Naming(masks=True)
