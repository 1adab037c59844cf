"""From the vendors' lists to committed transcripts. Run twice it changes nothing; stopped anywhere it loses nothing."""
