"""The folder of the fork server's socket, removed by the fork server itself.

The one idea: a run that is killed cannot clean up, but its fork server outlives it by a moment.  Imported there, with the
folder's name in the environment, this module has it removed at the end; anywhere else it does nothing.
"""

from __future__ import annotations

import atexit
import os
import shutil
from pathlib import Path

NAME = "CHECK_SOCKET_FOLDER"


def _remove(folder: Path) -> None:
    if folder.name.startswith("pymp-"):
        shutil.rmtree(folder, ignore_errors=True)


if NAME in os.environ:
    atexit.register(_remove, Path(os.environ.pop(NAME)))
