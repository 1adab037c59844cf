"""A vendor that no shared code knows of: importing `tests.acme.vendor` declares it, and that is all."""
