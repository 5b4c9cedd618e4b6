"""Text that is safe to print: no character of the input can move a cursor or forge a line."""

_HARMLESS = {ord("\t"): " "}
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}


def printable(text: str, *, lines: bool = True) -> str:
    """Control characters as their code points; line ends stay where ``lines`` are wanted."""
    if text.isprintable():
        return text
    kept = {ord("\n"): "\n"} if lines else {}
    return text.translate({**_CONTROLS, **_HARMLESS, **kept})
