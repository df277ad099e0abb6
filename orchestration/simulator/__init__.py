"""A simulated shop as raw-contract files; nothing here is part of a build."""
