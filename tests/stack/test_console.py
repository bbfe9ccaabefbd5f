"""Commands fail with what is missing and the command that mends it, and never with a traceback for a person."""

import subprocess
import sys

import pytest
from stack import console, paths
from stack.console import Failure


def test_a_failure_names_what_is_missing_and_what_mends_it(capsys):
    def main():
        raise Failure("no such thing", "bin/setup")

    with pytest.raises(SystemExit) as ended:
        console.command(main)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: no such thing\n  mend it with: bin/setup\n"


def test_success_and_a_given_code_become_the_exit_code():
    for returned, code in ((None, 0), (0, 0), (3, 3)):
        with pytest.raises(SystemExit) as ended:
            console.command(lambda value=returned: value)
        assert ended.value.code == code


def test_a_failing_program_shows_its_last_lines_and_where_the_rest_is(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "LOG", tmp_path)
    program = [sys.executable, "-c", "print('first'); print('the reason'); raise SystemExit(4)"]
    with pytest.raises(Failure) as failure:
        console.run_logged(program, "trial", missing="could not try", mend="try again")
    assert "exit code 4" in failure.value.missing and str(tmp_path / "trial.log") in failure.value.missing
    assert failure.value.mend == "try again"
    assert "the reason" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["setup", "serve", "test", "tenant"])
def test_every_command_explains_itself(command):
    asked = subprocess.run(
        [sys.executable, paths.ROOT / "bin" / command, "--help"], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    assert f"bin/{command}" in asked.stdout
