"""Denoising by a convolutional denoising autoencoder: the plugin `conv-dae`."""
