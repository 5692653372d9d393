"""Test accuracy of networks trained with default options alone. See bench/README.md."""
