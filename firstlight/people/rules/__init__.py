"""What holds for people without a database: addresses, telephone numbers, lists, tokens."""
