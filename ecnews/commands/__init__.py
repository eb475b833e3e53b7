"""Commands of `scrapy`; one with a built-in's name takes its place."""
