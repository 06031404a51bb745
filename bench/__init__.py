"""How fast the portal is, measured side by side with something known, in one run."""
