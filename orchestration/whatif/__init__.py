"""What other rules would say today, tried on a state that is deleted."""
