"""What importing and de-duplicating papers is measured on: files made from real titles and abstracts."""
