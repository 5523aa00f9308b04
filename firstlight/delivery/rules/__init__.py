"""The postman's pure rules: messages, states, counting, codes; no database, no clock, no network."""
