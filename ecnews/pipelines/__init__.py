"""Between Scrapy and plain functions: one class a file, named for what it does."""
