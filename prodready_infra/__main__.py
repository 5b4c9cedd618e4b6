"""``python -m prodready_infra``."""

from prodready_infra.cli import main

if __name__ == "__main__":
    main()
