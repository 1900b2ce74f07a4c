"""Models: encoder, bridge, decoder, embeddings and vocabulary put together."""
