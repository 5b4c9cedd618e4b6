"""The Terraform tree: innermost modules as text, everything above them composed."""
