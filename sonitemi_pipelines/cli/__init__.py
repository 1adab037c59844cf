"""The command `sonitemi`."""
