"""`python -m gradaudit`, the same program as `gradaudit`."""

import sys

from gradaudit.cli import main

if __name__ == "__main__":
    sys.exit(main())
