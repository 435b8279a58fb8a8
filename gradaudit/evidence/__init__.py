"""What rules reason with: whether the run learns, what changes would have helped, and how that is said."""
