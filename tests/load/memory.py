"""The memory of a process, as the kernel of Linux tells it."""

from pathlib import Path

MB = 1024


def memory(pid: int) -> "tuple[float, float] | None":
    """Megabytes that the process has now, and the most that it had; None if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return None
    sizes = dict(line.split(":", 1) for line in lines if ":" in line)
    if "VmRSS" not in sizes:
        return None
    return tuple(int(sizes[name].split()[0]) / MB for name in ("VmRSS", "VmHWM"))
