import signal
import subprocess
import sys


def run(error: str) -> tuple[int, str]:
    """Raise an error in a process that has imported a script; return exit code and output."""
    command = [sys.executable, "-c", f"import scripts; raise {error}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode, result.stderr


def test_ctrl_c_ends_a_script_without_a_traceback() -> None:
    assert run("KeyboardInterrupt") == (-signal.SIGINT, "")


def test_another_error_is_printed() -> None:
    code, output = run("ValueError('a reason')")
    assert code == 1
    assert "Traceback" in output
    assert "ValueError: a reason" in output
