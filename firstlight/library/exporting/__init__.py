"""A published case to take away: its images with their licence, a teaching file, a page on paper."""
