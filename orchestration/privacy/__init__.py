"""Erasing a person from everything a state directory and its landing files hold."""
