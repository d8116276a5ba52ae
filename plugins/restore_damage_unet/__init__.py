"""`damage-unet`: a small U-Net that finds scratches, dust, dirt, hair and stains."""
