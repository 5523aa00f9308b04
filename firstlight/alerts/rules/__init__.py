"""What a notice may say and when it stands: no database, no clock."""
