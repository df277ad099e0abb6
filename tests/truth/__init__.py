"""Whether what the marts say of a simulated shop is true of it."""
