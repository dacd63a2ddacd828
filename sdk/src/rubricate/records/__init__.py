"""The words of the product as types: what is stored, sent over the wire and parsed by the SDK.

One concept a file. A `Record` is what the server answers, an `Input` is what it is given.
"""
