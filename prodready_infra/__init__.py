"""Would you trust this infrastructure in production?"""

__version__ = "0.1.0"
