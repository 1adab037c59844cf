"""The record of everything: Delta tables under `$SONITEMI_HOME/lake`."""
