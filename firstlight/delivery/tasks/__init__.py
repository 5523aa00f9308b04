"""The process that sends: an office with a lane for each channel, a line for each carrier, and chores by the clock."""
