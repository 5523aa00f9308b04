"""The administrators' pages on members."""
