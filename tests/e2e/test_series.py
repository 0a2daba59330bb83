"""`pymemtop plot`, `list` and `peak`: memory over time, from recordings and from the files of
memory_profiler's mprof.

tests/mprofile has such files and the scripts that they are of; where memory_profiler is installed,
its mprof makes fresh ones here, and says itself what is in them."""

import os
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as etree
from html.parser import HTMLParser

import pytest

import programs
from programs import error_line, run

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mprofile")
STEPS = os.path.join(DATA, "steps.dat")
FORKS = os.path.join(DATA, "forks.dat")
SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "br", "line", "rect", "circle"}


class Page(HTMLParser):
    """The texts of a page; its elements must be closed in the order in which they were opened."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.texts.append(data.strip())


def fine(*arguments, **more):
    """stdout of pymemtop, which says nothing else."""
    result = run(*arguments, **more)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def refused(*arguments, status, **more):
    result = run(*arguments, **more)
    assert result.returncode == status, result
    return error_line(result)


def texts(image):
    return ["".join(text.itertext()) for text in image.iter(SVG + "text")]


def mprof(*arguments, cwd):
    if not programs.VENV or not os.path.exists(os.path.join(programs.VENV, "bin", "mprof")):
        pytest.skip("needs memory_profiler, which could not be installed")
    folder = os.path.join(programs.VENV, "bin")
    environment = programs.environment({"PATH": folder + os.pathsep + os.environ["PATH"]})
    return subprocess.run([os.path.join(folder, "python"), os.path.join(folder, "mprof"),
                           *arguments], cwd=cwd, env=environment, check=True, encoding="utf-8",
                          stdout=subprocess.PIPE, timeout=programs.LIMIT).stdout


# ---- plot

def test_plot_of_functions(tmp_path):
    assert fine("plot", STEPS, "-o", tmp_path / "x.svg") == ""
    image = etree.parse(tmp_path / "x.svg").getroot()
    assert image.tag == SVG + "svg"
    found = texts(image)
    assert "python steps.py" in found
    assert "peak 109.7 MiB at 0.98 s" in found
    assert "__main__.grow 2 calls, 1.03 s, +64.1 MiB" in found
    assert "__main__.fill 2 calls, 0.62 s, +0.1 MiB" in found
    assert len([path for path in image.iter(SVG + "path")]) == 1
    assert not [node for node in image.iter() if "href" in " ".join(node.attrib)]


def test_plot_of_children():
    image = etree.fromstring(fine("plot", FORKS))
    found = texts(image)
    assert "main process, peak 10.8 MiB" in found
    assert "child 22455, peak 29.4 MiB" in found
    assert "child 22456, peak 75.6 MiB" in found
    assert len(list(image.iter(SVG + "path"))) == 3


def test_plot_as_a_page(tmp_path):
    fine("plot", FORKS, "-o", tmp_path / "x.html")
    page = Page((tmp_path / "x.html").read_text())
    assert page.tags.count("svg") == 2 and "script" not in page.tags
    assert {"python forks.py", "child 22456", "75.555"} <= set(page.texts)
    steps = Page(fine("plot", STEPS, "--format", "html"))
    assert {"__main__.grow", "64.125", "109.707"} <= set(steps.texts)


def test_plot_options(tmp_path):
    image = etree.fromstring(fine("plot", "-n", "-s", "-t", "A <title> & \x1b[31mmore", "-w",
                                  "0.5,0.8", STEPS))
    found = texts(image)
    assert "A <title> & ^[[31mmore" in found
    assert not [text for text in found if "__main__" in text]
    assert [text for text in found if re.fullmatch(
        r"peak 69\.7 MiB at 0\.5\d s, slope -\d+\.\d{3} MiB a second", text)]


def test_hostile_file_is_a_harmless_picture(tmp_path):
    name = b"</text><script>alert(1)</script>\x1b]0;x\x07\xff\xef\xbf\xbe"
    (tmp_path / "x.dat").write_bytes(
        b"CMDLINE " + name + b"\nMEM 1 10\nMEM 2 11\nFUNC " + name + b" 1 10 2 11 0\n")
    for format in ("svg", "html"):
        picture = fine("plot", "x.dat", "--format", format, cwd=tmp_path)
        assert "<script" not in picture and "\x1b" not in picture
        if format == "svg":
            assert [text for text in texts(etree.fromstring(picture))
                    if text.startswith("</text><script>")]


def test_plot_of_broken_lines(tmp_path):
    with open(STEPS) as file:
        lines = file.readlines()
    lines[10:12] = [lines[10].rstrip("\n") + lines[11], "MEM 12.5\n", "Traceback:\n"]
    (tmp_path / "x.dat").write_text("".join(lines))
    result = run("plot", "x.dat", "-o", "x.svg", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == \
        "pymemtop: x.dat: 3 lines could not be read, the first is line 11\n"
    etree.parse(tmp_path / "x.svg")


def test_plot_refuses(tmp_path):
    assert "nothing.dat" in refused("plot", "nothing.dat", "-o", "x.svg", status=2, cwd=tmp_path)
    assert "no pymemtop_*.pymemtop and no mprofile_*.dat" in refused("plot", status=2, cwd=tmp_path)
    assert "second one" in refused("plot", STEPS, FORKS, status=2)
    assert "x.png" in refused("plot", STEPS, "-o", "x.png", status=2, cwd=tmp_path)
    assert "svg, html or mprof" in refused("plot", STEPS, "--format", "pdf", status=2)
    for window in ("1", "2,1", "a,b", "-1,2", "1,nan"):
        assert "FROM,TO" in refused("plot", STEPS, "-w", window, status=2)
    assert "no sample" in refused("plot", STEPS, "-n", "-w", "100,200", status=4)
    assert "unknown option --colour" in refused("plot", STEPS, "--colour", status=2)
    (tmp_path / "empty.dat").write_bytes(b"")
    assert "no sample" in refused("plot", "empty.dat", status=4, cwd=tmp_path)
    (tmp_path / "noise.dat").write_bytes(bytes(range(256)) * 1000)
    assert "no sample" in refused("plot", "noise.dat", status=4, cwd=tmp_path)
    assert "directory" in refused("plot", tmp_path, status=71)
    os.mkfifo(tmp_path / "pipe")
    assert "pipe" in refused("plot", "pipe", status=71, cwd=tmp_path)
    assert "No space left" in refused("plot", STEPS, "--format", "svg", "-o", "/dev/full",
                                      status=71)
    assert not (tmp_path / "x.svg").exists()


# ---- list and peak

@pytest.fixture
def folder(tmp_path):
    """A folder with two listed files, one of another name, and one that is none."""
    shutil.copy(FORKS, tmp_path / "mprofile_20261128195001.dat")
    shutil.copy(STEPS, tmp_path / "mprofile_20261128195000.dat")
    shutil.copy(STEPS, tmp_path / "steps.dat")
    (tmp_path / "mprofile_20261128195002.dat").write_text("nothing\n")
    (tmp_path / "mprofile_2026.dat").write_text("MEM 1 2\n")
    return tmp_path


def test_list(folder):
    lines = fine("list", cwd=folder, env={"TZ": "UTC"}).splitlines()
    assert lines[:2] == fine("list", folder, env={"TZ": "UTC"}).splitlines()[:2]
    assert [line.split()[:2] for line in lines] == [
        ["0", "mprofile_20261128195000.dat"], ["1", "mprofile_20261128195001.dat"],
        ["2", "mprofile_20261128195002.dat"]]
    assert lines[0].split()[2:] == ["2026-11-28", "19:55:35", "1.3", "s", "109.7", "MiB", "python",
                                    "steps.py"]
    assert "no sample of memory" in lines[2]
    assert fine("list", DATA) == ""
    assert "cannot open" in refused("list", folder / "none", status=71)
    assert "second one" in refused("list", folder, folder, status=2)


def test_peak(folder):
    assert fine("peak", STEPS, FORKS) == (
        STEPS + "\t109.707 MiB\n" + FORKS + "\t10.848 MiB\n"
        "  Child 22455\t\t\t29.406 MiB\n  Child 22456\t\t\t75.555 MiB\n")
    assert fine("peak", 0, cwd=folder) == "mprofile_20261128195000.dat\t109.707 MiB\n"
    assert fine("peak", "--func", "__main__.rest", "steps.dat", cwd=folder) == \
        "steps.dat\t61.832 MiB\n"
    (folder / "mprofile_20261128195002.dat").unlink()
    assert fine("peak", cwd=folder).startswith("mprofile_20261128195001.dat\t10.848 MiB\n")
    assert "no function 'f'" in refused("peak", "--func", "f", STEPS, status=2)
    assert "no file 7" in refused("peak", "7", status=2, cwd=folder)


def test_newest_file_is_plotted(folder):
    (folder / "mprofile_20261128195002.dat").unlink()
    assert "python forks.py" in texts(etree.fromstring(fine("plot", cwd=folder)))
    assert "python steps.py" in texts(etree.fromstring(fine("plot", "0", cwd=folder)))


@pytest.mark.skipif(programs.SANITIZED, reason="the C library keeps names of locales, which "
                                               "LeakSanitizer takes for lost")
def test_figures_have_a_decimal_point_in_every_locale(tmp_path):
    """A locale with a decimal comma, made here."""
    if not shutil.which("localedef") or subprocess.run(
            ["localedef", "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE.UTF-8"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode > 1 or \
            not (tmp_path / "de_DE.UTF-8").exists():
        pytest.skip("needs the sources of locales")
    german = {"LOCPATH": tmp_path, "LC_ALL": "de_DE.UTF-8"}
    assert fine("plot", STEPS, "-w", "0.5,0.8", env=german) == \
        fine("plot", STEPS, "-w", "0.5,0.8")
    assert fine("peak", STEPS, env=german) == STEPS + "\t109.707 MiB\n"


# ---- recordings

def record(path, more=""):
    """A recording as pymemtop writes one (src/store/recording.h), with two samples."""
    with sqlite3.connect(path) as database:
        database.executescript("""
            PRAGMA application_id = 0x70796d74; PRAGMA user_version = 1;
            CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
            CREATE TABLE samples (time_ns INTEGER, pid INTEGER, rss_bytes INTEGER);
            CREATE TABLE functions (name TEXT, begin_ns INTEGER, begin_bytes INTEGER,
                                    end_ns INTEGER, end_bytes INTEGER, level INTEGER);
            INSERT INTO meta VALUES ('command', 'python x.py');
            INSERT INTO samples VALUES (1000000000, 0, 10485760), (3000000000, 0, 20971520),
                                       (2000000000, 77, 5242880);
            INSERT INTO functions VALUES ('m.f', 1000000000, 10485760, 2000000000, 20971520, 0);
            """ + more)
    database.close()


def test_recording_is_plotted_and_listed(tmp_path):
    name = "pymemtop_20261128195100.pymemtop"
    record(tmp_path / name)
    shutil.copy(STEPS, tmp_path / "mprofile_20261128195000.dat")
    listed = fine("list", cwd=tmp_path).splitlines()
    assert [line.split()[1] for line in listed] == ["mprofile_20261128195000.dat", name]
    assert listed[1].endswith("2.0 s        20.0 MiB  python x.py")
    assert fine("peak", cwd=tmp_path) == name + "\t20.000 MiB\n  Child 77\t\t\t5.000 MiB\n"
    found = texts(etree.fromstring(fine("plot", cwd=tmp_path)))
    assert {"python x.py", "m.f 1 call, 1.00 s, +10.0 MiB", "child 77, peak 5.0 MiB"} <= set(found)
    assert fine("plot", "1", "--format", "mprof", cwd=tmp_path) == (
        "CMDLINE python x.py\nMEM 10.000000 1.0000\nMEM 20.000000 3.0000\n"
        "CHLD 77 5.000000 2.0000\nFUNC m.f 10.0000 1.0000 20.0000 2.0000 0\n")


def test_recordings_that_cannot_be_read(tmp_path):
    record(tmp_path / "new", "PRAGMA user_version = 7")
    assert "newer pymemtop" in refused("peak", tmp_path / "new", status=4)
    record(tmp_path / "other", "PRAGMA application_id = 5")
    assert "no recording of pymemtop" in refused("peak", tmp_path / "other", status=4)
    record(tmp_path / "empty", "DELETE FROM samples; DELETE FROM functions")
    assert "no sample" in refused("peak", tmp_path / "empty", status=4)
    record(tmp_path / "cut")
    data = (tmp_path / "cut").read_bytes()
    (tmp_path / "cut").write_bytes(data[:len(data) // 2])
    assert "cannot read the recording" in refused("peak", tmp_path / "cut", status=71)


# ---- beside the real mprof

def test_file_of_the_real_mprof(tmp_path):
    shutil.copy(os.path.join(DATA, "steps.py"), tmp_path)
    mprof("run", "-T", "0.05", "steps.py", cwd=tmp_path)
    (name,) = [name for name in os.listdir(tmp_path) if name.endswith(".dat")]
    assert fine("peak", cwd=tmp_path) == mprof("peak", name, cwd=tmp_path)
    assert fine("peak", "--func", "__main__.fill", name, cwd=tmp_path).startswith(name)
    (listed,) = fine("list", cwd=tmp_path).splitlines()
    assert name in listed and listed.endswith("steps.py")
    found = texts(etree.fromstring(fine("plot", cwd=tmp_path)))
    for function in ("grow", "fill", "rest"):
        assert [text for text in found if text.startswith("__main__.{} 2 calls".format(function))]


def test_real_mprof_reads_what_is_written(tmp_path):
    """In the order of time, each figure as it was."""
    fine("plot", FORKS, "-o", tmp_path / "forks.dat")
    fine("plot", STEPS, "--format", "mprof", "-o", tmp_path / "steps")
    assert mprof("peak", "forks.dat", "steps", cwd=tmp_path) == fine(
        "peak", FORKS, STEPS).replace(DATA + "/", "").replace("steps.dat", "steps")
    with open(STEPS) as one, open(tmp_path / "steps") as other:
        assert sorted(one) == sorted(other)


def test_children_of_the_real_mprof(tmp_path):
    shutil.copy(os.path.join(DATA, "forks.py"), tmp_path)
    mprof("run", "-T", "0.05", "-M", "-o", "forks.dat", "forks.py", cwd=tmp_path)
    assert fine("peak", "forks.dat", cwd=tmp_path) == mprof("peak", "forks.dat", cwd=tmp_path)
    found = texts(etree.fromstring(fine("plot", "forks.dat", cwd=tmp_path)))
    assert len([text for text in found if text.startswith("child ")]) == 2
