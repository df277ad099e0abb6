"""The commands of `lifecycle`, a module for each topic: options in, one function called."""
