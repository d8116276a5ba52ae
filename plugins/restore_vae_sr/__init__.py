"""Upscaling with a conditional variational autoencoder."""
