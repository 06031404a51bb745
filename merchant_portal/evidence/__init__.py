"""Evidence about one payment as a single file that anybody can check. No database, no Django."""
