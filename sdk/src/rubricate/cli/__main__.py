"""`python -m rubricate.cli`."""

import sys

from rubricate.cli import main

if __name__ == "__main__":
    sys.exit(main())
