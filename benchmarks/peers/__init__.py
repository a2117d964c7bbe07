"""The authorization servers that are measured, Gatepost first, behind one face."""
