"""Findings, the schemes computed from them, and how far readers agree: no database, no clock, no chance of its own."""
