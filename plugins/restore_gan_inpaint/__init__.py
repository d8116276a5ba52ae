"""The plugin `gan-inpaint`: holes filled by a generator that learned against a discriminator."""
