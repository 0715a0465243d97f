"""Running exported files with their runtimes alone: nothing in this folder imports the rest of the package."""
