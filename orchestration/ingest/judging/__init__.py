"""The SQL that reads landed values and finds the first reason against a row."""
