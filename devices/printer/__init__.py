"""The ticket printer: drawing, ESC/POS bytes, status codec, driver and simulator."""
