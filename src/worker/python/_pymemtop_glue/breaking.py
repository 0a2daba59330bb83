"""breakpoint() of the program: it stops where somebody looks on, who can go on. Imports nothing that
the program may not have imported."""

import os
import sys

import _pymemtop


def hook(*args, **kwargs):
    if _pymemtop.stop_next():
        return None
    return sys.__breakpointhook__(*args, **kwargs)


def install():
    """Unless PYTHONBREAKPOINT says what breakpoint() is to do."""
    if _pymemtop.can_stop and not os.environ.get("PYTHONBREAKPOINT"):
        sys.breakpointhook = hook
