"""What a build, Dagster and the command line are told, checked; and where files lie."""
