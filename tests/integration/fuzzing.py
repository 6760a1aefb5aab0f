"""
Schemathesis, which makes requests up from an OpenAPI document and judges the answers by it.

It wants pytest and more, so it lives in an environment of its own below C{.cache/}, made when it is
first needed from the versions in C{schemathesis/requirements.txt}.
"""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from .harness import CACHE

FOLDER = Path(__file__).parent / "schemathesis"
REQUIREMENTS = FOLDER / "requirements.txt"
INSTALL_SECONDS = 600
#: It takes about half a minute on two cores.
RUN_SECONDS = 900
#: How much of what it says goes into a message, in characters.
SHOWN = 6_000


def _run(command: Sequence[str | Path], folder: Path, seconds: float) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    return done.returncode, done.stdout


def schemathesis_python() -> Path:
    """
    The Python of the environment, which is made at the first call.

    @raise AssertionError: it cannot be installed; pip's words are in the message.
    """
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = CACHE / f"schemathesis-{digest}"
    python = folder / "bin" / "python"
    # Written last, so that an interrupted run leaves nothing that looks ready.
    stamp = folder / "installed"
    if not stamp.exists():
        venv.create(folder, clear=True, with_pip=True)
        pip = "-m pip install --quiet --disable-pip-version-check --no-deps --requirement"
        status, said = _run([python, *pip.split(), REQUIREMENTS], CACHE, INSTALL_SECONDS)
        if status != 0:
            raise AssertionError(f"Schemathesis could not be installed:\n{said}")
        stamp.touch()
    return python


def fuzz(url: str, folder: Path, credentials: Mapping[str, Mapping[str, str]]) -> str:
    """
    Ask a server all that its own document allows and forbids.

    @param url: of the server, with a slash at the end.
    @param folder: for the configuration.
    @param credentials: what to log in with, by the names of the document's security schemes.
    @return: what Schemathesis says.
    @raise AssertionError: an answer is not what the document says; all failures are in the message.
    """
    lines = [f'hooks = "{FOLDER / "hooks.py"}"', (FOLDER / "schemathesis.toml").read_text()]
    for scheme, values in credentials.items():
        lines.append(f"[auth.openapi.{scheme}]")
        lines += [f'{name} = "{value}"' for name, value in values.items()]
    config = folder / "schemathesis.toml"
    config.write_text("\n".join(lines) + "\n")
    command: list[str | Path] = [schemathesis_python(), "-m", "schemathesis.cli"]
    command += ["--config-file", config, "--no-color", "run", "--url", url.rstrip("/")]
    status, said = _run([*command, f"{url}api/openapi.yaml"], folder, RUN_SECONDS)
    if status != 0:
        raise AssertionError(
            f"Schemathesis ended with {status}:\n{said[:SHOWN]}\n…\n{said[-SHOWN:]}"
        )
    return said
