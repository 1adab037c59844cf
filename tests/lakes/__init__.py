"""Lakes as earlier releases left them, and what this release makes of them."""
