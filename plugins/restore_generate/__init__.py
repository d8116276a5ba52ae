"""Generative models: autoencoders, variational autoencoders and a GAN that make pictures like those they have seen."""
