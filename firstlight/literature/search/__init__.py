"""Search in papers: words folded here, kept in the index of words that the database brings."""
