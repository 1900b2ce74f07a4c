"""`nmt` and `python -m nmt`. Until the commands are loaded, Ctrl-C ends the process without a traceback."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from nmt.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
