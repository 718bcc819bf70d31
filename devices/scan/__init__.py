"""Readers of QR codes: a camera, or a scan engine on a serial port."""
