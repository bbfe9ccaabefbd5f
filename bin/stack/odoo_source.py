"""Odoo 19 Community, which PyPI does not have, on the virtual environment's path.

In this order: an odoo the environment imports already; the checkout ODOO_HOME names; Debian's package odoo-19, fetched
with apt in a private state (own lists, cache and sources, signatures checked) and unpacked under .local/odoo/.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import packages, paths
from .console import Failure, run_logged, say

SERIES = "19.0"
SUITE, FONTS_SUITE = "sid", "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Besides Odoo itself, the packages its static files link into.
DEBIAN_PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    f"fonts-font-awesome/{FONTS_SUITE}",
    "fonts-montserrat",
    "fonts-roboto-unhinted",
    f"fonts-inconsolata/{FONTS_SUITE}",
    "fonts-ocr-b",
)
DIST_PACKAGES = "usr/lib/python3/dist-packages"


def ensure() -> str:
    """Put Odoo on the environment's path; returns where it came from."""
    home = os.environ.get("ODOO_HOME")
    if not home and _imported_version() == SERIES:
        return _ask("import odoo.release as r; print(r.__file__.rpartition('/odoo/')[0])")
    source = _checked_home(Path(home).expanduser().resolve()) if home else _from_debian()
    _path_file().write_text(f"{source}\n")
    if (version := _imported_version()) != SERIES:
        raise Failure(
            f"the Odoo in {source} is {version or 'not importable'}, not {SERIES}",
            "export ODOO_HOME=/path/to/odoo-19.0",
        )
    return str(source)


def _site_packages() -> Path:
    return next((paths.VENV / "lib").glob("python3.*/site-packages"))


def _path_file() -> Path:
    return _site_packages() / "odoo-source.pth"


def _ask(code: str) -> str:
    answer = subprocess.run([str(paths.PYTHON), "-c", code], capture_output=True, text=True, check=False, cwd="/")
    return answer.stdout.strip()


def _imported_version() -> str:
    return _ask("import odoo.release as r; print(r.series)")


def _checked_home(home: Path) -> Path:
    if not (home / "odoo" / "release.py").is_file():
        raise Failure(
            f"ODOO_HOME={home} is no Odoo source tree (it has no odoo/release.py)", "export ODOO_HOME=/path/to/odoo"
        )
    return home


def _from_debian() -> Path:
    root = paths.ODOO_ARCHIVE
    if not (root / "PACKAGES.sha256").is_file():
        _download_and_unpack(root)
    _stand_in_for_what_debian_leaves_out(root / DIST_PACKAGES)
    return root / DIST_PACKAGES


def _stand_in_for_what_debian_leaves_out(packages_dir: Path) -> None:
    """The package has no selfie_segmentation.js (it blurs the background of video calls), but the web client's bundle
    names it: without a file of that name every page logs an error, on the server and in the browser."""
    missing = packages_dir / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not missing.exists():
        missing.parent.mkdir(parents=True, exist_ok=True)
        missing.write_text("// Not part of Debian's package of Odoo: video calls cannot blur the background.\n")


def _download_and_unpack(root: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Failure(
            "no Odoo 19 here, and without apt and dpkg it can't be fetched", "export ODOO_HOME=/path/to/odoo-19.0"
        )
    if not KEYRING.is_file():
        packages.ensure(["debian-archive-keyring"])
    mirror = _debian_mirror()
    unpacked = root.with_name(f"{root.name}.part")
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="odoo-apt-", dir=paths.LOCAL) as state_dir:
        state = Path(state_dir)
        apt = ["apt-get", *_private_state(state, mirror)]
        say("  reading the Debian archive's lists")
        mend = "check the network and apt's proxy settings, or export ODOO_HOME=/path/to/odoo-19.0, then bin/setup"
        run_logged([*apt, "-q", "update"], "odoo-apt-update", missing="could not read the Debian archive", mend=mend)
        say("  downloading odoo-19 and the static files it links to")
        run_logged(
            [*apt, "-q", "download", *DEBIAN_PACKAGES],
            "odoo-apt-download",
            missing="could not download odoo-19 from the Debian archive",
            mend=mend,
            cwd=state,
        )
        archives = sorted(state.glob("*.deb"))
        for archive in archives:
            run_logged(["dpkg-deb", "-x", archive, unpacked], "odoo-unpack", missing=f"could not unpack {archive.name}")
        listed = [f"{archive.name} {_sha256(archive)}" for archive in archives]
    shutil.rmtree(root, ignore_errors=True)
    (unpacked / "PACKAGES.sha256").write_text("\n".join(listed) + "\n")
    unpacked.rename(root)


def _debian_mirror() -> str:
    if mirror := os.environ.get("DEBIAN_MIRROR"):
        return mirror
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in targets.stdout.splitlines():
        origin, label, uri = line.split("|", 2)
        if origin == label == "Debian":
            return uri
    raise Failure(
        "no Odoo 19 here, and apt on this machine names no Debian mirror to fetch it from",
        "apt-get update (on Debian), or export DEBIAN_MIRROR=… or ODOO_HOME=/path/to/odoo-19.0, then bin/setup",
    )


def _private_state(state: Path, mirror: str) -> list[str]:
    """apt's options for a state of its own: nothing of the machine's lists, cache, status or sources is used."""
    for directory in ("lists/partial", "cache/archives/partial", "sources"):
        (state / directory).mkdir(parents=True)
    (state / "status").touch()
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout
    (state / "sources" / "odoo.sources").write_text(
        f"Types: deb\nURIs: {mirror}\nSuites: {SUITE} {FONTS_SUITE}\nComponents: main\n"
        f"Architectures: {architecture.strip()}\nSigned-By: {KEYRING}\n"
    )
    settings = {
        "Dir::State": state,
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": state / "sources",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::Etc::trustedparts": "/dev/null",
        "APT::Get::List-Cleanup": "0",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::Retries": "3",
        # The sandbox user can't enter a checkout below a private home; what it fetches is verified all the same.
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
