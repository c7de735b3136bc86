"""The texts of the guide's claims, one module for each part of the guide; ``core.claims`` collects them."""
