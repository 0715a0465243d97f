"""Tests of tfgan_zoo; they mirror the package."""
