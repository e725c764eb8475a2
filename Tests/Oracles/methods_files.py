"""Where fixtures live, for scripts that need no PyTorch."""

from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "Fixtures"
