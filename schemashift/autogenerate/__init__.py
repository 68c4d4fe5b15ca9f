"""Compare the models with the database, and decide which objects the migrations manage."""
