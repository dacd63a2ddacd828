"""Functions on top of the client, under the names that Phoenix's client gives them."""
