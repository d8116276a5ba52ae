"""The OpenCV and scikit-image methods a user would otherwise reach for: the plugin `classic`."""
