"""Knowledge of the site as data: one TOML file a site, read by `ecnews.catalog`."""
