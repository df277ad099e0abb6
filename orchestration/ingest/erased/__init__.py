"""What an erasure leaves behind for later ingests: tombstones, and orders that are nobody's."""
