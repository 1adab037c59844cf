"""What the pipeline must know of each vendor; no other part names one."""
