"""Whole-process measurements of this tool and of its peers, on trees made for the purpose."""
