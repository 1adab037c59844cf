"""What to look at between runs, and what to conclude: cheap looks at the vendors, and runs asked for once.

What matters is read from the lake, so that nothing here has to be remembered: a lost cursor costs one full run.
"""
