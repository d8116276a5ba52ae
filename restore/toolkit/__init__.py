"""What plugins call if they like: devices, tiles, crops, the parts of a training loop. Knows neither engine nor CLI."""
