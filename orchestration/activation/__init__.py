"""Acting on what is published: lists for the tools that write to people."""
