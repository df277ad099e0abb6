"""The same build as Dagster's assets: checks, schedules, sensors and the UI's launcher."""
