"""``python -m glipv2_cli``: the command ``glipv2``."""

from .main import main

if __name__ == '__main__':
    main()
