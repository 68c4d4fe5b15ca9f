"""`schemashift init`: find the models, write the settings, and create the migrations folder."""
