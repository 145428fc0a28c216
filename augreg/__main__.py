"""`python -m augreg` does what `augreg` does."""

from augreg.cli import main

if __name__ == "__main__":
    main()
