"""CDS Hooks 2.0: order systems ask which imaging a guideline in force advises, and say what became of the advice."""
