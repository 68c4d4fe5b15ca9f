"""`schemashift init`: find the models, write the settings and the folder."""
