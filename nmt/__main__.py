"""`nmt` and `python -m nmt`. Until the commands are loaded, Ctrl-C ends the process without a traceback.

Python looks for cycles more seldom than it would: what torch makes when it is imported stays, and is looked through in
vain, which takes a twentieth of a start.
"""

import gc
import signal

gc.set_threshold(20_000)

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from nmt.cli import main  # noqa: E402
from nmt.commands.late_torch import import_torch_late  # noqa: E402

import_torch_late()

if __name__ == "__main__":
    main()
