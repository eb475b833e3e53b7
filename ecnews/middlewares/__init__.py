"""Between the engine and the site: manners, and what the site's answers mean."""
