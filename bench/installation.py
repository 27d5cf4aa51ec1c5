"""What an installation of the wheel costs, and that it works: `python -m bench.installation [EXTRA ...]`.

Makes the wheel of this checkout, installs it into an empty environment, and runs each command that needs no
extra. Prints seconds and megabytes; exit code 1 when a command fails that should not, or the reverse.
"""

import subprocess
import sys
import time
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measured import ask
from bench.servers import free_port

ROOT = Path(__file__).parents[1]
_QUIET = ("-qq", "--disable-pip-version-check")


def main(extras: list[str]) -> int:
    """Install and run; return the exit code."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        _run(sys.executable, "-m", "pip", "wheel", *_QUIET, "--no-deps", "--no-build-isolation",
             "--wheel-dir", folder, str(ROOT))  # fmt: skip
        (wheel,) = place.glob("*.whl")
        begun = time.monotonic()
        venv.create(place / "environment", with_pip=True)
        python = place / "environment/bin/python"
        empty, made = _megabytes(place / "environment"), time.monotonic()
        _run(python, "-m", "pip", "install", *_QUIET, f"{wheel}[{','.join(extras)}]" if extras else wheel)
        seconds, megabytes = time.monotonic() - made, _megabytes(place / "environment")
        what = f"wheel[{','.join(extras)}]" if extras else "wheel"
        print(f"{what}: {wheel.stat().st_size / 1e6:.1f} MB; environment made in {made - begun:.0f} s")
        print(f"installed in {seconds:.0f} s; {megabytes:.0f} MB, of which {empty:.0f} MB are pip's own")
        return _try(place / "environment/bin/mockserver", place, has_checker="check" in extras)


def _try(command: Path, folder: Path, *, has_checker: bool) -> int:
    """Run what needs no extra, in an empty folder, and `check`, which needs one."""
    failed = 0
    spec = ROOT / "specs/citas.yaml"
    for arguments, wanted in (
        (["lint", spec], 0),
        (["token", "admin"], 0),
        (["serve", "--help"], 0),
        (["check", "--spec", spec, "--profile", "quick"], 0 if has_checker else 2),
    ):
        ended = subprocess.run([command, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        print(f"mockserver {arguments[0]}: exit code {ended.returncode}")
        if ended.returncode != wanted:
            print(ended.stdout, ended.stderr, sep="\n")
            failed += 1
    return 1 if failed + _serve(command, folder) else 0


def _serve(command: Path, folder: Path) -> int:
    """Serve the bundled documents; return 0 once a request was answered."""
    port, begun = free_port(), time.monotonic()
    served = [str(command), "serve", "--port", str(port)]
    with subprocess.Popen(served, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as server:
        try:
            while time.monotonic() - begun < 60:
                try:
                    answer = ask(port)
                except OSError:
                    time.sleep(0.05)
                    continue
                print(f"mockserver serve: {answer.status} after {time.monotonic() - begun:.1f} s")
                return 0 if answer.status == 200 else 1
            return 1
        finally:
            server.terminate()


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True)


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
