"""What `lifecycle init`, `check` and `map` do with a landing directory, and how it is shown."""
