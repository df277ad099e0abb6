"""People, worlds and rules that are made up for the reference, the same ones in every run."""
