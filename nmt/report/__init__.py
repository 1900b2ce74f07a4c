"""What is looked at in a browser: charts, heat maps and pages, each one self-contained file without scripts."""
