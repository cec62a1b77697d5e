"""The reporter's pages: templates, catalogues and scripts, built into static files that the service hands out."""
