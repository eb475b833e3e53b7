"""Pure functions on text: str in, str and findings out; no Scrapy, no database, no clock."""
