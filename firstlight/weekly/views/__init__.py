"""The pages of the weekly case: the round itself, the ranking, practice, and the editors' desk."""
