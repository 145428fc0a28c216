"""What people hold, read into samples, and results given back in the same kind."""
