"""FHIR R4 (4.0.1), for reading: what the site publishes, as other programs of a hospital read it."""
