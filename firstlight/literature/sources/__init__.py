"""Where papers come from: one module a form, each from bytes to records and faults."""
