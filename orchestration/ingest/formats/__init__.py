"""From a file of any format to rows that SQL can select."""
