"""Texts to measure cleaning with: spam of many makes, honest paragraphs of many kinds."""
