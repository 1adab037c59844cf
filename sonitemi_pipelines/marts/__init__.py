"""Runs `sql/`: reads what each mart means from its header, and keeps the mart tables of the lake true."""
