"""What `make bench` runs: this package and its peers, side by side on one machine. See README.md beside this file."""
