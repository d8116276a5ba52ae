"""Fusion of several frames in the latent space of one autoencoder; blending and style transfer in the same latents."""
